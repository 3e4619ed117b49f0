/** Chance in tests has a seed, which a failing test prints and AE_SEED gives back. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { chooseSeed, randomOf } from '../src/random.mjs';
import { scratchFolder } from '../src/scratch.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));

it('draws what mulberry32 draws', () => {
  // Its first numbers for the seed 1, as they are published: 0.6270739405881613, 0.002735721180215478, 0.5274470399599522.
  const random = randomOf(1);
  expect([1, 2, 3].map(() => random(2 ** 32))).toEqual([2693262067, 11749833, 2265367787]);
});

it('takes AE_SEED, which has to be a number', () => {
  expect(chooseSeed('12')).toBe(12);
  expect(() => chooseSeed('1e3')).toThrow('AE_SEED: expected a whole number of at most nine digits, received "1e3".');
});

it('is printed by a test that fails, and repeats it', () => {
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
