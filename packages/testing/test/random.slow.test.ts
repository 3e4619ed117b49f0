/** Chance in tests has a seed, which a failing test prints and AE_SEED gives back. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { scratchFolder } from '../src/scratch.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));

it('the seed is printed by a test that fails, and repeats it', () => {
  const folder = scratchFolder();
  const test = `test('drawn', () => { console.log('drew ' + Math.random()); expect(1).toBe(2); });`;
  writeFileSync(join(folder, 'drawn.test.js'), test);
  const setup = join(root, 'packages/testing/src/seeded.mjs');
  const config = { root: folder, test: { globals: true, setupFiles: [setup] } };
  writeFileSync(join(folder, 'vitest.config.js'), `export default ${JSON.stringify(config)};`);
  const run = (AE_SEED?: string) => {
    const env = { ...process.env, AE_SEED };
    const args = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--config', join(folder, 'vitest.config.js')];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' });
    return stdout + stderr;
  };
  const first = run();
  const [, seed] = /drawn\.test\.js, "drawn": AE_SEED=(\d+) repeats it\./.exec(first) ?? [];
  const [drawn] = /drew 0\.\d+/.exec(first) ?? [];
  expect(drawn).toMatch(/^drew 0\.\d+$/);
  expect(run(seed)).toContain(drawn);
});
