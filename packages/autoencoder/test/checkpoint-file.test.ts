import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { useBackend } from '../src/entries/index';
import {
  readCheckpointFile,
  type Snapshot,
  takeSnapshot,
  writeCheckpointFile,
} from '../src/run/checkpoints/checkpoint-file';

let folder: string;
let tensors: Record<'large' | 'small', tf.Tensor>;

beforeAll(async () => {
  await useBackend('cpu');
  // More than one chunk of a write, and not a multiple of a block.
  tensors = { large: tf.range(0, 2 ** 23 + 5), small: tf.tensor2d([[1, 2, 3]]) };
  folder = await mkdtemp(path.join(tmpdir(), 'ae-checkpoint-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** A snapshot in memory that `writeCheckpointFile` cannot write past the system's cache, as on a file system that does not support that. */
const unaligned: Snapshot = { bytes: new Uint8Array(new ArrayBuffer(4 * 2 ** 23 + 4093), 0, 1) };

it.each([
  ['as it takes them', undefined],
  ['where nothing can be written directly', unaligned],
])('comes back from the disk, %s', async (name, former) => {
  const snapshot = await takeSnapshot({ name }, tensors, former);
  const file = path.join(folder, name);
  const crc = await writeCheckpointFile(file, snapshot);
  expect((await stat(file)).size).toBe(snapshot.bytes.length);
  const { state, tensors: read } = await readCheckpointFile(file, crc);
  expect(state).toEqual({ name });
  expect(read.small.arraySync()).toEqual([[1, 2, 3]]);
  expect(tf.max(tf.abs(tf.sub(read.large, tensors.large))).arraySync()).toBe(0);
  expect(await readdir(folder)).not.toContainEqual(expect.stringContaining('.tmp'));
});

it('reuses the memory of the previous one, or allocates more if that is too small', async () => {
  const first = await takeSnapshot({}, { small: tensors.small });
  const second = await takeSnapshot({ history: 'longer' }, { small: tensors.small }, first);
  expect(second.bytes.buffer).toBe(first.bytes.buffer);
  const third = await takeSnapshot({}, tensors, second);
  expect(third.bytes.buffer).not.toBe(second.bytes.buffer);
});
