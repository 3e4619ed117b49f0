/** Adds what docs/extending.md adds to a copy of the repository, and tests it there. */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from '../lane.mjs';
import { applyChanges, changesIn } from './apply-changes.mjs';

/** Tests of what the page adds, by package; the page itself adds tests as well. */
const tests = {
  'lmdb-datum': ['rgb8.test.ts'],
  autoencoder: ['halving.test.ts', 'data-section.test.ts'],
  layers: ['abs.test.ts', 'second.test.ts'],
};

/** Copies the repository, without built files, to a folder and tries the changes there. */
export function checkChanges(copy) {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: root });
  const files = listed
    .toString()
    .split('\0')
    .filter((file) => /^(packages|scripts)\/|^[^/]+\.json$/.test(file));
  for (const file of files) cpSync(join(root, file), join(copy, file));
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  applyChanges(copy, changesIn(readFileSync(join(root, 'docs/extending.md'), 'utf8')));
  for (const file of ['lmdb-datum', 'autoencoder'].flatMap((name) => tests[name].map((test) => [name, test])))
    cpSync(join(root, 'scripts/docs/added', file[1]), join(copy, 'packages', file[0], 'test', file[1]));
  run(process.execPath, ['src/backends/wasm/assembly/build.mjs'], { cwd: join(copy, 'packages/layers'), onFailure: 1 });
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  for (const [name, names] of Object.entries(tests)) {
    const args = [vitest, 'run', ...names.map((test) => `test/${test}`)];
    run(process.execPath, args, { cwd: join(copy, 'packages', name), onFailure: 1 });
  }
}
