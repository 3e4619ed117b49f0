/** Shards made by processes that are killed and run again: the result is the same as that of a single process, bit for bit. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Autoencoder } from '@ae/autoencoder';
import { randomOf, testSeed } from '@ae/testing/random';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aeOk, makeFolder, makePictures, remove, startAe } from './ae';

const folder = makeFolder();
afterAll(() => remove(folder));
const inFolder = (...names: string[]) => path.join(folder, ...names);

const network = ['network', 'whole.lmdb'];
const testing = ['--batch-size', '4', '--all'];

beforeAll(async () => {
  for (const name of ['a', 'b', 'c']) await makePictures(inFolder('photos', name), 100, 48);
  const autoencoder = new Autoencoder({ inputShape: [32, 32, 3], codeSize: 16 });
  await autoencoder.initialize({ seed: 1 });
  await autoencoder.save(inFolder('network'));
  await aeOk(folder, 'import', 'photos', 'whole.lmdb', '--resize', '32', '--shuffle');
  await aeOk(folder, 'encode', ...network, 'whole-codes', '--batch-size', '8');
  await aeOk(folder, 'test', ...network, '--save-prefix', 'whole-scores', ...testing, '--no-baselines', '--no-report');
});

/** Runs a command whose process is killed after a while, unless it has finished before. Returns whether it was killed. */
async function kill(args: readonly string[], afterMs: number): Promise<boolean> {
  const { child, finished } = startAe(args, folder);
  const ended = finished.then(() => true);
  if (!(await Promise.race([ended, pause(afterMs, false)]))) child.kill('SIGKILL');
  return (await finished).code === null;
}

function expectSame(merged: string, whole: string): void {
  const names = readdirSync(inFolder(whole)).sort();
  expect(readdirSync(inFolder(merged)).sort()).toEqual(names);
  for (const name of names) {
    expect(readFileSync(inFolder(merged, name)).equals(readFileSync(inFolder(whole, name))), name).toBe(true);
  }
}

/** Makes all shards, each by a process that is killed a few times and then run again, and merges them. */
async function makeKilled(count: number, output: string, mostMs: number, ...args: string[]): Promise<number> {
  const random = randomOf(testSeed + count);
  let killed = 0;
  let latestMs = mostMs;
  for (let index = 0; index < count; index++) {
    const command = [...args, '--shard', `${index}/${count}`];
    const begin = performance.now();
    // Later in the life of a process, there is more to lose.
    if (await kill(command, latestMs - random(Math.floor(latestMs / 2)))) killed++;
    // It was done sooner than it was to be killed: so may the next be.
    else latestMs = Math.min(latestMs, 0.8 * (performance.now() - begin));
    await aeOk(folder, ...command);
    if (index === 0) expect(await aeOk(folder, ...command)).toMatch(/already complete; nothing to do/);
  }
  await aeOk(folder, 'merge', output);
  const beside = readdirSync(folder).filter((name) => name.startsWith(`${output}.`) && !name.endsWith('.tmp'));
  expect(beside).toHaveLength(count);
  return killed;
}

test('an import of 1, 2 and 7 shards', async () => {
  let killed = 0;
  for (const count of [1, 2, 7]) {
    const output = `import-${count}.lmdb`;
    const options = count === 2 ? ['--resume'] : [];
    killed += await makeKilled(
      count,
      output,
      500,
      'import',
      'photos',
      output,
      '--resize',
      '32',
      '--shuffle',
      ...options,
    );
    expectSame(output, 'whole.lmdb');
  }
  expect(killed).toBeGreaterThan(3);
});

test('a resize of 2 shards', async () => {
  await aeOk(folder, 'resize', 'whole.lmdb', 'small.lmdb', '16');
  await makeKilled(2, 'resized.lmdb', 400, 'resize', 'whole.lmdb', 'resized.lmdb', '16');
  expectSame('resized.lmdb', 'small.lmdb');
});

test('codes of 3 shards', async () => {
  await makeKilled(3, 'codes', 1_000, 'encode', ...network, 'codes', '--batch-size', '8');
  expectSame('codes', 'whole-codes');
});

test('scores of 2 shards', async () => {
  await makeKilled(2, 'scores', 1_500, 'test', ...network, '--save-prefix', 'scores', ...testing);
  expectSame('scores', 'whole-scores');
});
