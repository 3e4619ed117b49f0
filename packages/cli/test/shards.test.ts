/** Commands in shards, and merging them: the files are the same as those of a single process. */
import { cpSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Autoencoder } from '@ae/autoencoder';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeFolder, makeLmdb, makePictures, plainDatum, remove } from './ae';
import { ae, aeOk } from './one-process';

const folder = makeFolder();
afterAll(() => remove(folder));
const inFolder = (...names: string[]) => path.join(folder, ...names);

beforeAll(async () => {
  await makePictures(inFolder('photos', 'a'), 20);
  await makePictures(inFolder('photos', 'b'), 17);
  await aeOk(folder, 'import', 'photos', 'photos.lmdb', '--shuffle');
  const network = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 6 });
  await network.initialize({ seed: 1 });
  await network.save(inFolder('network'));
  const anySize = new Autoencoder({ preset: 'transform', inputShape: [16, 16, 3] });
  await anySize.initialize({ seed: 1 });
  await anySize.save(inFolder('any-size'));
});

/** Runs a command for each of several shards, the last one first. */
async function inShards(count: number, ...args: string[]): Promise<void> {
  for (let index = count - 1; index >= 0; index--) await aeOk(folder, ...args, '--shard', `${index}/${count}`);
}

/** Expects two folders to contain the same files. */
function expectSame(merged: string, whole: string): void {
  const names = readdirSync(inFolder(whole)).sort();
  expect(readdirSync(inFolder(merged)).sort()).toEqual(names);
  for (const name of names) {
    expect(readFileSync(inFolder(merged, name)).equals(readFileSync(inFolder(whole, name))), name).toBe(true);
  }
}

test('ae import and ae resize make databases in shards, which ae merge combines', async () => {
  await inShards(7, 'import', 'photos', 'merged.lmdb', '--shuffle');
  expect(await aeOk(folder, 'merge', 'merged.lmdb')).toMatch(/^merged\.lmdb: 37 images of 3x16x16 from 7 shards in /);
  expectSame('merged.lmdb', 'photos.lmdb');
  // A job that runs its merge again finds it done.
  expect(await aeOk(folder, 'merge', 'merged.lmdb')).toBe(
    'merged.lmdb: 37 images of 3x16x16 from 7 shards, already merged; nothing to do\nclass names: merged.lmdb/labels.txt\n',
  );
  await aeOk(folder, 'resize', 'photos.lmdb', 'small.lmdb', '8');
  await inShards(2, 'resize', 'photos.lmdb', 'small-merged.lmdb', '8');
  await aeOk(folder, 'merge', 'small-merged.lmdb');
  expectSame('small-merged.lmdb', 'small.lmdb');
  expect(await aeOk(folder, 'resize', 'photos.lmdb', 'small-merged.lmdb', '8', '--shard', '1/2')).toBe(
    'small-merged.lmdb.shard-1-of-2: 19 images of 3x8x8, already complete; nothing to do\nwhen all 2 shards are complete: ae merge small-merged.lmdb\n',
  );
});

describe('ae encode', () => {
  test('in shards, each of whole batches, gives the codes of a single process', async () => {
    const args = ['network', 'photos.lmdb', 'codes', '--batch-size', '5'];
    await inShards(2, 'encode', ...args);
    expect(await aeOk(folder, 'merge', 'codes')).toMatch(/^codes: 37 codes of 6 numbers\n/);
    args[2] = 'whole';
    await aeOk(folder, 'encode', ...args);
    expectSame('codes', 'whole');
    expect(await aeOk(folder, 'merge', 'codes')).toMatch(
      /^codes: 37 codes of 6 numbers, already complete; nothing to do\n/,
    );
    writeFileSync(inFolder('codes', 'keys.npy'), 'else');
    expect((await ae(folder, 'merge', 'codes')).stderr).toBe(
      'ae merge: codes already exists; delete it or choose another name.\n',
    );
    expect(readdirSync(folder).filter((name) => name.startsWith('codes.') && name.endsWith('.tmp'))).toEqual([]);
  });

  test('orders the codes of images of several sizes, and allows shards without an image', async () => {
    const sizes = [16, 24, 16, 40, 8, 8, 16].map((size, i) => ({
      ...plainDatum(size, 16 + 8 * (i % 3)),
      label: undefined,
    }));
    await makeLmdb(inFolder('mixed.lmdb'), sizes);
    const args = ['any-size', 'mixed.lmdb', 'mixed', '--batch-size', '2'];
    await inShards(5, 'encode', ...args);
    await aeOk(folder, 'merge', 'mixed');
    args[2] = 'mixed-whole';
    await aeOk(folder, 'encode', ...args);
    expectSame('mixed', 'mixed-whole');
  });

  test('refuses shards of another network or with other batches, by name', async () => {
    await inShards(2, 'encode', 'network', 'photos.lmdb', 'odd', '--batch-size', '5');
    remove(inFolder('odd.shard-1-of-2'));
    expect((await ae(folder, 'merge', 'odd')).stderr).toBe(
      'ae merge: odd: of its 2 shards odd.shard-1-of-2 is missing; run the command for that shard first.\n',
    );
    await aeOk(folder, 'encode', 'network', 'photos.lmdb', 'odd', '--batch-size', '6', '--shard', '1/2');
    expect((await ae(folder, 'merge', 'odd')).stderr).toMatch(
      /^ae merge: odd\.shard-1-of-2 was made with batch size 6, not 5 like odd\.shard-0-of-2; delete the wrong one/,
    );
    const other = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 6 });
    await other.initialize({ seed: 2 });
    await other.save(inFolder('other'));
    const again = ['encode', 'other', 'photos.lmdb', 'odd', '--batch-size', '5', '--shard', '0/2'];
    expect((await ae(folder, ...again)).stderr).toBe(
      'ae encode: odd.shard-0-of-2 already exists and was made with different weights of the network; delete it, or choose another output.\n',
    );
  });

  test('leaves no trace of killed processes once a shard is complete', async () => {
    cpSync(inFolder('codes'), inFolder('killed.shard-0-of-1.0a1b2c3d.tmp'), { recursive: true });
    await aeOk(folder, 'encode', 'network', 'photos.lmdb', 'killed', '--shard', '0/1');
    expect(readdirSync(folder).filter((name) => name.startsWith('killed'))).toEqual(['killed.shard-0-of-1']);
  });
});

describe('ae test', () => {
  const args = ['test', 'network', 'photos.lmdb', '--n-batches', '2', '--batch-size', '3', '--all'];

  test('in shards gives the scores and pictures of a single process', async () => {
    // Batches of 64: one is empty.
    await inShards(2, ...args, '--save-prefix', 'scores');
    expect(await aeOk(folder, 'merge', 'scores')).toMatch(/^ +images +37, MSE 0\./);
    await aeOk(folder, ...args, '--save-prefix', 'test', '--no-baselines', '--no-report');
    expectSame('scores', 'test');
    writeFileSync(inFolder('scores', 'notes.txt'), 'somebody looked at them');
    expect(await aeOk(folder, 'merge', 'scores')).toContain('scores is already merged; nothing to do\n');
    expect(JSON.parse(await aeOk(folder, 'merge', 'scores', '--json'))).toMatchObject({ wasComplete: true });
  });

  test('says what it requires for shards, and what it leaves to ae report', async () => {
    const error = async (...more: string[]) => (await ae(folder, ...args, '--shard', '0/2', ...more)).stderr;
    expect(await error()).toBe(
      'ae test: --shard requires --save-prefix, because shards are written next to that folder; add it.\n',
    );
    expect(await error('--save-prefix', 'x', '--baselines', 'photos.lmdb')).toBe(
      'ae test: --baselines cannot be combined with --shard; leave it out, and compare with ae report.\n',
    );
  });
});

test('shards that do not belong together are refused', async () => {
  const error = async (...args: string[]) => (await ae(folder, ...args)).stderr;
  expect(await error('import', 'photos', 'x.lmdb', '--shard', '7/7')).toBe(
    'ae import: --shard: expected 0/7 to 6/7 or auto, received "7/7".\n',
  );
  expect(await error('import', 'photos', 'x.lmdb', '--shard', 'half')).toBe(
    'ae import: --shard: expected a part such as 0/7, the first of seven, or auto, received "half".\n',
  );
  expect(await error('import', 'photos', 'x.lmdb', '--shard', 'auto')).toMatch(
    /^ae import: --shard auto: neither JOB_COMPLETION_INDEX/,
  );
  await inShards(2, 'import', 'photos', 'x.lmdb');
  writeFileSync(inFolder('x.lmdb.shard-0-of-2', 'shard.json'), '{}');
  expect(await error('merge', 'x.lmdb')).toBe(
    'ae merge: x.lmdb.shard-0-of-2/shard.json is not the note of a shard of this version; delete x.lmdb.shard-0-of-2 and create it again.\n',
  );
  renameSync(inFolder('x.lmdb.shard-1-of-2'), inFolder('elsewhere'));
  expect(await error('merge', 'y.lmdb', 'elsewhere')).toBe(
    'ae merge: y.lmdb: of its 2 shards y.lmdb.shard-0-of-2 is missing; run the command for that shard first.\n',
  );
});
