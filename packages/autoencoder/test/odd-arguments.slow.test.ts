/** Whatever a public method is given, it throws an AutoencoderError with one plain sentence. */

import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  Autoencoder,
  AutoencoderError,
  centerCrop,
  loadCheckpoint,
  resumeTraining,
  useBackend,
} from '../src/entries/index';
import { rectangleSamples } from './rectangles';

await useBackend('wasm', { threads: 1 });
const samples = rectangleSamples(2, { size: 16 });
let network: Autoencoder;
let disposed: Autoencoder;
let odd: readonly unknown[];

beforeAll(async () => {
  const make = async () => {
    const made = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 8 });
    await made.initialize();
    return made;
  };
  [network, disposed] = [await make(), await make()];
  disposed.dispose();
  const gone = tf.zeros([1, 16, 16, 3]);
  gone.dispose();
  odd = [
    ...[
      null,
      undefined,
      '',
      'photos',
      7,
      Number.NaN,
      true,
      [],
      {},
      [null],
      [{}],
      ['a.jpg'],
      [[]],
      () => 0,
      Symbol('x'),
      10n,
    ],
    ...[
      new Uint8Array(4),
      new Date(),
      new Map(),
      tf.zeros([2]),
      tf.zeros([1, 8, 8, 3]),
      tf.zeros([0, 16, 16, 3]),
      gone,
    ],
    ...[{ length: 1 }, { length: 2, at: () => null }, { length: -1, at: () => 0 }, { length: 1, at: () => 'x' }, 1e99],
    { length: 1, at: () => ({ channels: 3, height: 16, width: 16, data: 'x'.repeat(768) }) },
  ];
});

/** Waits for the result of a call, to the end of a generator. */
async function all(value: unknown): Promise<unknown> {
  const given = await value;
  if (typeof given === 'object' && given !== null && Symbol.asyncIterator in given) {
    for await (const _ of given as AsyncIterable<unknown>);
  }
  return given;
}

async function errorOf(work: () => unknown): Promise<unknown> {
  try {
    await all(work());
    return undefined;
  } catch (error) {
    return error ?? 'nothing';
  }
}

/** The requirements for an error. */
function check(error: unknown, call: string): void {
  // Errors of layers come from their own package.
  if ((error as Error)?.message?.startsWith('[layers] ')) return;
  expect.soft(error, `${call}: ${(error as Error)?.stack}`).toBeInstanceOf(AutoencoderError);
  expect.soft((error as Error)?.message, call).toMatch(/^\[autoencoder\] [^\n]+[.?]$/);
  expect.soft((error as Error)?.message, call).not.toMatch(/undefined \(reading|is not a function|\[object/);
}

const nameOf = (value: unknown) => {
  try {
    return typeof value === 'symbol' ? 'symbol' : (JSON.stringify(value) ?? String(value));
  } catch {
    return String(value);
  }
};

/** Valid values for the arguments before the one that is tried; undefined may be left out. */
const before: Readonly<Record<string, readonly (readonly unknown[])[]>> = {
  computeStart: [[], [samples]],
  compare: [[], [samples]],
  decode: [[], [tf.zeros([1, 8])]],
  encode: [[], [samples]],
  encodeAll: [[], [samples]],
  encodeBatches: [[], [samples]],
  evaluate: [[], [samples]],
  forward: [[]],
  initialize: [[]],
  interpolate: [[], [samples[0]], [samples[0], samples[1]]],
  reconstruct: [[], [samples]],
  sample: [[]],
  save: [[], ['/nowhere/model']],
  sizesOf: [[]],
  train: [[], [samples]],
};

const prototype = Object.getOwnPropertyDescriptors(Autoencoder.prototype);
const methods = Object.keys(prototype).filter((name) => typeof prototype[name as 'train'].value === 'function');
const withArguments = methods.filter((name) => !['constructor', 'dispose', 'summary'].includes(name));

describe('every method of Autoencoder', () => {
  it('is tried', () => {
    expect(Object.keys(before).sort()).toEqual(withArguments.sort());
  });

  it.each(withArguments)('%s says what is wrong', async (name) => {
    const call = network as unknown as Record<string, (...args: unknown[]) => unknown>;
    for (const first of before[name]) {
      // A name that is free is none to refuse.
      for (const value of odd.filter((each) => !(name === 'save' && each === 'photos'))) {
        const error = await errorOf(() => call[name](...first, value));
        // Options may be left out, and may have nothing in them.
        const isFine =
          error === undefined &&
          (first.length > 0 ||
            name === 'save' ||
            ['encode', 'encodeAll', 'encodeBatches', 'reconstruct'].includes(name));
        if (!isFine) check(error, `${name}(${'..., '.repeat(first.length)}${nameOf(value)})`);
      }
    }
  });

  it.each(
    Object.keys(prototype).filter(
      (name) => !['constructor', 'dispose', 'inputShape', 'pixels', 'warnings', 'weightCount'].includes(name),
    ),
  )('%s of a network that was disposed of, or never initialized, says so', async (name) => {
    for (const [one, code] of [
      [disposed, /DISPOSED|INVALID_OPTION/],
      [new Autoencoder(), /NOT_INITIALIZED/],
    ] as const) {
      if (name === 'initialize' && one !== disposed) continue;
      const error = await errorOf(() => {
        const member = (one as unknown as Record<string, unknown>)[name];
        return typeof member === 'function'
          ? member.call(one, ...(name === 'save' ? ['/nowhere/x'] : [samples, samples[1]]))
          : member;
      });
      check(error, name);
      expect((error as AutoencoderError).code, name).toMatch(code);
    }
  });
});

it.each<[string, (value: never) => unknown]>([
  ['new Autoencoder', (value) => new Autoencoder(value)],
  ['new Autoencoder, inputShape', (inputShape) => new Autoencoder({ inputShape })],
  ['new Autoencoder, layers', (layers) => new Autoencoder({ layers }).initialize()],
  ['Autoencoder.load', (value) => Autoencoder.load(value)],
  ['loadCheckpoint', (value) => loadCheckpoint(value)],
  ['resumeTraining', (value) => resumeTraining(value, samples)],
  ['centerCrop', (value) => centerCrop(value, [8, 8, 3]).at(0)],
  ['useBackend', (value) => useBackend(value)],
])('%s says what is wrong', async (name, call) => {
  for (const value of odd) {
    const error = await errorOf(() => call(value as never));
    const isFine = error === undefined && /^(new|useBackend)/.test(name);
    if (!isFine) check(error, `${name}(${nameOf(value)})`);
  }
  await useBackend('wasm', { threads: 1 });
});
