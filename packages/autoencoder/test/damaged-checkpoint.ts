/** What has to be said of checkpoints that are damaged. */
import { readFile, writeFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { AutoencoderError } from '../src/entries/index';
import { readCheckpointFile, takeSnapshot, writeCheckpointFile } from '../src/run/checkpoints/checkpoint-file';

/** Expects the error of a damaged checkpoint, which names its file, and no tensor more than before. */
export async function expectDamaged(file: string, action: () => Promise<unknown>, sentence?: RegExp): Promise<void> {
  const tensorsBefore = tf.memory().numTensors;
  const error = await action().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AutoencoderError);
  const { code, message } = error as AutoencoderError;
  expect(code).toBe('CHECKPOINT_INVALID');
  expect(message).toContain(file);
  if (sentence) expect(message).toMatch(sentence);
  expect(tf.memory().numTensors, 'no tensor stays').toBe(tensorsBefore);
}

/** Writes a checkpoint as `file`, flips one of its header's bits after the other, each `every`-th, and expects that reading notices. */
export async function expectBitsNoticed(file: string, every: number): Promise<void> {
  const snapshot = await takeSnapshot({ epoch: 1 }, { a: tf.tensor1d([1, 2]), 'b/c': tf.tensor2d([[3]]) });
  const crc = await writeCheckpointFile(file, snapshot);
  const tensorsBefore = tf.memory().numTensors;
  const sound = await readFile(file);
  for (let bit = 0; bit < 8 * (sound.length - 12); bit += every) {
    const bytes = Buffer.from(sound);
    bytes[bit >> 3] ^= 1 << (bit & 7);
    await writeFile(file, bytes);
    await expectDamaged(file, () => readCheckpointFile(file, crc), /checksum/);
    // Without it some change a name or a number of the state, and the others are understood.
    const read = await readCheckpointFile(file, null).catch((error: unknown) => error);
    if (read instanceof Error) expect(read).toMatchObject({ code: 'CHECKPOINT_INVALID' });
    else tf.dispose((read as { tensors: tf.TensorContainer }).tensors);
  }
  expect(tf.memory().numTensors, 'no tensor stays').toBe(tensorsBefore);
}
