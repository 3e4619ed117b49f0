/** Malicious checkpoints: those of the safetensors project's own tests, and flipped bits in a header. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32 } from '@ae/ground/crc';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { useBackend } from '../src/entries/index';
import { Unexpected } from '../src/files/expectations';
import { readCheckpointFile } from '../src/run/checkpoints/checkpoint-file';
import { expectSavedState } from '../src/run/checkpoints/checkpoint-state';
import { resolveRecipe } from '../src/training/recipes';
import { expectBitsNoticed, expectDamaged } from './damaged-checkpoint';

let folder: string;
let file: string;

beforeAll(async () => {
  await useBackend('cpu');
  folder = await mkdtemp(path.join(tmpdir(), 'ae-hostile-'));
  file = path.join(folder, 'checkpoint');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Writes a file with a header, as text or as plain data, and values, and reads it with its correct checksum. */
async function read(header: unknown, values: number | Uint8Array = 0, headerBytes?: bigint) {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header), 'latin1');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(headerBytes ?? BigInt(text.length));
  const bytes = Buffer.concat([length, text, typeof values === 'number' ? Buffer.alloc(values) : values]);
  await writeFile(file, bytes);
  return readCheckpointFile(file, crc32(bytes));
}

const metadata = { __metadata__: { format: 'ae-checkpoint-1', state: '{}' } };
const tensor = (shape: unknown, begin: unknown, end: unknown, dtype: unknown = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});
const text = (entries: string) => `{"__metadata__":{"format":"ae-checkpoint-1","state":"{}"}${entries}}`;
const nan = new Uint8Array(new Float32Array([1, Number.NaN]).buffer);

it('reads an intact one', async () => {
  const { tensors } = await read({ ...metadata, b: tensor([2], 4, 12), a: tensor([], 0, 4), c: tensor([0], 4, 4) }, 12);
  expect(Object.values(tensors).map(({ shape }) => shape)).toEqual([[], [0], [2]]);
  tf.dispose(tensors as tf.TensorContainer);
});

it.each<[string, RegExp, Parameters<typeof read>]>([
  ['no header', /too few|claims/, ['', 0, 5n]],
  ['a header longer than the file', /claims 200 bytes of a file of/, [metadata, 0, 200n]],
  ['a header of 2^64 - 1 bytes', /claims/, [metadata, 0, 2n ** 64n - 1n]],
  ['an empty header', /does not begin with/, ['']],
  ['a header that begins with a space', /does not begin with/, [` ${JSON.stringify(metadata)}`]],
  ['a header that is a list', /does not begin with/, ['[]']],
  ['a header that ends early', /not valid JSON/, ['{"a":']],
  ['a header that is not UTF-8', /not UTF-8/, ['{"\xff\xfe":1}']],
  ['nothing about the format', /__metadata__ is missing/, [{ a: tensor([1], 0, 4) }, 4]],
  ['metadata that are no text', /__metadata__\.x is 1, not text/, [{ __metadata__: { x: 1 } }]],
  ['another format', /format is "pt"/, [{ __metadata__: { format: 'pt', state: '{}' } }]],
  ['a state that is no JSON', /not valid JSON/, [{ __metadata__: { format: 'ae-checkpoint-1', state: '{' } }]],
  [
    'a tensor twice',
    /contains "a" twice/,
    [text(`,"a":${JSON.stringify(tensor([1], 0, 4))},"a":${JSON.stringify(tensor([1], 0, 4))}`), 4],
  ],
  [
    'a tensor twice, spelt differently',
    /contains "a" twice/,
    [text(`,"a":${JSON.stringify(tensor([1], 0, 4))},"\\u0061" :null`), 4],
  ],
  [
    'an attribute twice',
    /contains "dtype" twice/,
    [text(',"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}'), 4],
  ],
  ['no dtype', /dtype is missing/, [{ ...metadata, a: { shape: [1], data_offsets: [0, 4] } }, 4]],
  ['another dtype', /dtype is "F16"/, [{ ...metadata, a: tensor([2], 0, 4, 'F16') }, 4]],
  ['a tensor that is null', /tensor "a" is null/, [{ ...metadata, a: null }]],
  ['no shape', /shape is missing/, [{ ...metadata, a: { dtype: 'F32', data_offsets: [0, 4] } }, 4]],
  ['a negative size', /shape is -1/, [{ ...metadata, a: tensor([-1], 0, 4) }, 4]],
  ['a size that is no whole number', /shape is 0.5/, [{ ...metadata, a: tensor([0.5, 2], 0, 4) }, 4]],
  ['a size that is text', /shape is "1"/, [{ ...metadata, a: tensor(['1'], 0, 4) }, 4]],
  ['a shape that overflows', /needs/, [{ ...metadata, a: tensor([2 ** 40, 2 ** 40], 0, 4) }, 4]],
  [
    'a shape that overflows to nothing',
    /needs/,
    [text(',"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}')],
  ],
  ['more dimensions than tensors have', /shape is/, [{ ...metadata, a: tensor([1, 1, 1, 1, 1, 1, 1], 0, 4) }, 4]],
  ['a shape of other bytes', /has 4 bytes, but its shape \[2\] needs 8/, [{ ...metadata, a: tensor([2], 0, 4) }, 4]],
  ['no offsets', /data_offsets is missing/, [{ ...metadata, a: { dtype: 'F32', shape: [1] } }, 4]],
  ['one offset', /data_offsets is missing/, [{ ...metadata, a: { ...tensor([1], 0, 4), data_offsets: [0] } }, 4]],
  ['an end before the beginning', /data_offsets/, [{ ...metadata, a: tensor([1], 4, 0) }, 4]],
  ['a negative offset', /data_offsets is -4/, [{ ...metadata, a: tensor([1], -4, 0) }, 4]],
  [
    'values past the end of the file',
    /its tensors have 8 bytes, but the file has 4/,
    [{ ...metadata, a: tensor([2], 0, 8) }, 4],
  ],
  [
    'values before the end of the file',
    /its tensors have 4 bytes, but the file has 8/,
    [{ ...metadata, a: tensor([1], 0, 4) }, 8],
  ],
  ['a hole', /leaves 4 bytes unused/, [{ ...metadata, a: tensor([1], 0, 4), b: tensor([1], 8, 12) }, 12]],
  ['a hole at the beginning', /leaves 4 bytes unused/, [{ ...metadata, a: tensor([1], 4, 8) }, 8]],
  ['an overlap', /overlaps/, [{ ...metadata, a: tensor([2], 0, 8), b: tensor([2], 4, 12) }, 12]],
  ['values that are no numbers', /"a" contains NaN/, [{ ...metadata, a: tensor([2], 0, 8) }, nan]],
  ['__proto__ as a tensor', /__proto__" is 1/, [text(',"__proto__":1')]],
])('says what is wrong with %s', (_, sentence, made) => expectDamaged(file, () => read(...made), sentence));

it('notices single bits of a header, whether or not the checksum is known', async () => {
  // All of them: hostile-checkpoint.slow.test.ts.
  await expectBitsNoticed(file, 13);
});

const plan = {
  ...{
    recipe: resolveRecipe('plain', { schedule: { policy: 'plateau' }, earlyStopping: {} }),
    epochs: 3,
    steps: 9,
    seed: 0,
  },
  ...{ sampleCount: 12, imagesPerEpoch: 12, stepsPerEpoch: 3, imagesPerPass: 12 },
};
const summary = { epoch: 1, step: 3, loss: 1, learningRate: 1, imagesPerSecond: 1, elapsedMs: 1 };
const training = {
  ...{ epoch: 2, step: 4, images: 16, position: 4, lossSum: 1, passLossSum: 1, elapsedMs: 1, history: [summary] },
  ...{ orderRandom: [1, -2, 3, 4], noiseRandom: [1, 2, 3, 4], optimizerSteps: 4 },
  ...{ schedule: { rate: 1, badEpochs: 0, cooldownLeft: 0 }, earlyStopping: { best: null, badEpochs: 0 } },
};
const state = { training, log: { jsonlBytes: 0, csvBytes: 0 } };

it('accepts a state that training was in', () => expect(() => expectSavedState(state, plan)).not.toThrow());

it.each<[string, RegExp, unknown]>([
  ['none', /its state is null/, null],
  ['no training', /training is missing/, { ...state, training: undefined }],
  ['no log', /log is missing/, { training }],
  ['a negative length', /log.csvBytes is -1/, { training, log: { jsonlBytes: 0, csvBytes: -1 } }],
  ...(
    [
      [{ epoch: 0 }, /training.epoch is 0/],
      [{ epoch: 5 }, /training.epoch is 5/],
      [{ epoch: 3 }, /history has 1 epochs, training.epoch is 3/],
      [{ step: 1.5 }, /training.step is 1.5/],
      [{ position: 13 }, /training.position is 13/],
      [{ lossSum: null }, /training.lossSum is null/],
      [{ history: {} }, /training.history is {}/],
      [{ history: [{ ...summary, loss: '1' }] }, /training.history\[0\].loss is "1"/],
      [{ history: [{ ...summary, validation: { mse: 1 } }] }, /validation.psnrDb is missing/],
      [{ orderRandom: [1, 2, 3] }, /orderRandom\[3\] is missing/],
      [{ noiseRandom: [1, 2, 3, 2 ** 40] }, /noiseRandom\[3\] is 1099511627776/],
      [{ optimizerSteps: -1 }, /optimizerSteps is -1/],
      [{ pace: { step: 1, position: 2, rate: 0 } }, /training.pace.rate is 0/],
      [{ pace: { step: 5, position: 2, rate: 1 } }, /training.pace.step is 5/],
      [{ pace: { step: 1, position: 2, rate: 'fast' } }, /training.pace.rate is "fast"/],
      [{ schedule: undefined }, /training.schedule is missing/],
      [{ schedule: { rate: 'x' } }, /schedule.rate is "x"/],
      [{ earlyStopping: { best: null } }, /badEpochs is missing/],
    ] as const
  ).map(([change, sentence]): [string, RegExp, unknown] => [
    JSON.stringify(change),
    sentence,
    { ...state, training: { ...training, ...change } },
  ]),
])('says what is wrong with a state of %s', (_, sentence, changed) => {
  expect(() => expectSavedState(changed, plan)).toThrow(Unexpected);
  expect(() => expectSavedState(changed, plan)).toThrow(sentence);
});
