/** What a test reads counts in turbo's hash of it: a green of the cache is a green of what lies there now. Tried in a copy of the repository. */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { sharedFolder } from '../src/scratch.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));

describe('turbo', { timeout: 60_000 }, () => {
  const copy = sharedFolder();
  const machine = join(copy, 'packages/testing/machine.json');
  let before: Map<string, string>;

  /** The hashes of all tasks that check something, by task. */
  function hashes(): Map<string, string> {
    const args = ['run', 'test', 'test:slow', 'typecheck', 'lint', '--dry=json'];
    const text = execFileSync(join(root, 'node_modules/.bin/turbo'), args, {
      cwd: copy,
      encoding: 'utf8',
      stdio: 'pipe',
      // Every file that counts is named.
      maxBuffer: Number.POSITIVE_INFINITY,
    });
    const { tasks } = JSON.parse(text) as { tasks: { taskId: string; hash: string }[] };
    return new Map(tasks.map(({ taskId, hash }) => [taskId, hash]));
  }

  beforeAll(() => {
    const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: root });
    const files = listed.toString().split('\0').filter(Boolean);
    for (const file of files) cpSync(join(root, file), join(copy, file), { force: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    writeFileSync(machine, '{}\n');
    execFileSync('git', ['init', '--quiet'], { cwd: copy });
    before = hashes();
  }, 60_000);

  const tests = ['autoencoder', 'cli', 'layers', 'lmdb-datum', 'testing'].flatMap((name) => [
    `@ae/${name}#test`,
    `@ae/${name}#test:slow`,
  ]);
  const types = ['autoencoder', 'cli', 'layers', 'lmdb-datum', 'testing'].map((name) => `@ae/${name}#typecheck`);

  it.each([
    ['the README of the root', 'README.md', [...tests, '//#lint']],
    ['a page with programs', 'docs/anywhere.md', ['@ae/cli#test:slow']],
    ['the settings of TypeScript', 'tsconfig.base.json', [...tests, ...types]],
    [
      'the settings of declarations',
      'tsconfig.types.json',
      ['@ae/cli#test', ...types.filter((task) => !task.includes('testing'))],
    ],
    ['a helper of several packages', 'packages/testing/src/chromium.mjs', [...tests, ...types]],
    [
      'a fixture of another package',
      'packages/lmdb-datum/test/fixtures/named.mdb',
      ['@ae/cli#test', 'reader-alone#test'],
    ],
    ["Node's version, Python's packages, Chromium", 'packages/testing/machine.json', tests],
    [
      'a source',
      'packages/lmdb-datum/src/entries/index.ts',
      ['@ae/lmdb-datum#test', '@ae/cli#test', 'torture#test:slow'],
    ],
    ['the settings of Biome', 'biome.json', ['//#lint']],
  ])('counts %s', (_, name, expected) => {
    const file = join(copy, name);
    copyFileSync(file, `${copy}.kept`);
    appendFileSync(file, '\n');
    const after = hashes();
    copyFileSync(`${copy}.kept`, file);
    const changed = [...before].filter(([task, hash]) => after.get(task) !== hash).map(([task]) => task);
    expect(changed).toEqual(expect.arrayContaining(expected));
  });

  it('does not count what no test of a package reads', () => {
    appendFileSync(join(copy, 'docs/importing.md'), '\n');
    appendFileSync(join(copy, 'packages/cli/src/main.ts'), '\n');
    const after = hashes();
    expect(after.get('@ae/layers#test')).toBe(before.get('@ae/layers#test'));
    expect(after.get('@ae/cli#test')).not.toBe(before.get('@ae/cli#test'));
  });

  it('fails before any test where what is required is missing', () => {
    const env = { ...process.env, AE_REQUIRE: 'safetensors', AE_PYTHON: '/nowhere/python' };
    const options = { cwd: copy, env, encoding: 'utf8' } as const;
    const { status, stderr } = spawnSync(process.execPath, ['scripts/machine.mjs'], options);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^npm test: AE_REQUIRE names safetensors, but \/nowhere\/python does not run: /);
  });

  it('fails once where it has counted another machine than this', () => {
    const check = () =>
      spawnSync(process.execPath, ['scripts/machine.mjs', '--check'], { cwd: copy, encoding: 'utf8' });
    const first = check();
    expect([first.status, first.stderr]).toEqual([
      1,
      "Node.js, Python's packages or Chromium are not those that turbo counted; they are now: run the same command again.\n",
    ]);
    expect(JSON.parse(readFileSync(machine, 'utf8')).node[0]).toBe(process.version);
    expect(check()).toMatchObject({ status: 0, stderr: '' });
  });
});
