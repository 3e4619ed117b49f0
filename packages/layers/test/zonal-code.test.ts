import * as tf from '@tensorflow/tfjs-core';
import { input, loadLayersModel } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import { initWasm } from '../src/backends/wasm';
import { flatten, inverseZonalCode, Sequential, zonalCode } from '../src/entries/index';
import { decodeZones, encodeZones } from '../src/ops/zones';
import { expectTensor } from './conformance/expect-tensor';
import golden from './golden/fixtures/zonal-code.json';
import { saveInMemory } from './saved-model';
import { randomValues } from './wasm-reference';

const [zones, numbers, values] = [golden.positions.length, golden.codes[0].length, golden.means.length];

/** A chain of both layers on images of 2x4, with the golden's positions and means. */
function chain() {
  const net = new Sequential({ inputShape: [2, 4, values] })
    .add(zonalCode({ zones, numbers, name: 'zones' }))
    .add(inverseZonalCode({ zones, values, name: 'from_zones' }));
  const model = net.build();
  const weights = [tf.tensor2d(golden.positions), tf.tensor1d(golden.means)];
  for (const name of ['zones', 'from_zones']) model.getLayer(name).setWeights(weights);
  return { model, ...net.split('zones') };
}

const image = (rows: readonly number[][]) => tf.tensor4d(rows.flat(), [1, 2, 4, rows[0].length]);
const asImage = (rows: readonly number[][]) => ({ shape: [1, 2, 4, rows[0].length], values: rows.flat() });

beforeAll(() => tf.setBackend('cpu'));

describe('layers of zonal codes', () => {
  it('encode and decode each position of an image as NumPy does its row', async () => {
    const { encoder, decoder } = chain();
    await expectTensor(encoder.predict(image(golden.rows)) as tf.Tensor, asImage(golden.codes));
    await expectTensor(decoder.predict(image(golden.noisy)) as tf.Tensor, asImage(golden.decoded));
  });

  it('are saved and loaded with their weights, which training does not change', async () => {
    const { model } = chain();
    expect(model.trainableWeights).toHaveLength(0);
    expect(model.weights.map(({ originalName, shape }) => [originalName, shape])).toEqual(
      ['zones', 'from_zones'].flatMap((name) => [
        [`${name}/positions`, [zones, numbers - 1]],
        [`${name}/means`, [values]],
      ]),
    );
    const loaded = await loadLayersModel(tf.io.fromMemory(await saveInMemory(model)));
    const expected = (model.predict(image(golden.rows)) as tf.Tensor).dataSync();
    expect((loaded.predict(image(golden.rows)) as tf.Tensor).dataSync()).toEqual(expected);
    expect(loaded.getLayer('zones').getConfig()).toMatchObject({ zones, numbers });
    expect(loaded.getLayer('from_zones').getConfig()).toMatchObject({ zones, values });
  });

  it('take vectors, and no images in a batch', async () => {
    const model = new Sequential({ inputShape: [1, 2, 3] })
      .add(flatten())
      .add(zonalCode({ zones: 2, numbers: 3 }))
      .build();
    const positions = tf.tensor2d([0, 1, 5, 2], [2, 2]);
    model.getLayer('zonal_code_1').setWeights([positions, tf.tensor1d([0, 0, 0, 0, 0, 1])]);
    const codes = model.apply(tf.tensor4d([1, 2, 3, 9, 9, 5], [1, 1, 2, 3])) as tf.Tensor;
    await expectTensor(codes, { shape: [1, 3], values: [0.5, 4, 3] });
    await expectTensor(model.apply(tf.zeros([0, 1, 2, 3])) as tf.Tensor, { shape: [0, 3], values: [] });
  });

  it('keep the first values before they have other weights', async () => {
    const model = new Sequential({ inputShape: [1, 1, 4] })
      .add(zonalCode({ zones: 3, numbers: 3 }))
      .add(inverseZonalCode({ zones: 3, values: 4 }))
      .build();
    const kept = model.predict(tf.tensor4d([5, 6, 7, 8], [1, 1, 1, 4])) as tf.Tensor;
    await expectTensor(kept, { shape: [1, 1, 1, 4], values: [5, 6, 0, 0] });
  });

  it('refuse arguments that do not describe a code', () => {
    expect(() => zonalCode({ zones: 0, numbers: 3, name: 'a' })).toThrow(
      '[layers] layer "a": expected zones as an integer from 1 to 256, received 0.',
    );
    expect(() => zonalCode({ zones: 257, numbers: 3, name: 'a' })).toThrow(
      '[layers] layer "a": expected zones as an integer from 1 to 256, received 257.',
    );
    expect(() => zonalCode({ zones: 4, numbers: 1, name: 'a' })).toThrow(
      '[layers] layer "a": expected numbers as an integer of at least 2, received 1.',
    );
    expect(() => inverseZonalCode({ zones: 4, values: 2.5, name: 'b' })).toThrow(
      '[layers] layer "b": expected values as an integer of at least 1, received 2.5.',
    );
    expect(() => zonalCode(undefined as never)).toThrow(
      '[layers] zonal code: expected options such as { zones: 16 }, received undefined.',
    );
    expect(() => new Sequential({ inputShape: [1] }).add(inverseZonalCode({ zones: 4, values: 9, name: 'b' }))).toThrow(
      '[layers] layer "b": expected codes of at least 2 numbers, received 1.',
    );
    expect(() => zonalCode({ zones: 4, numbers: 3, name: 'a' }).apply(input({ shape: [4, null] }))).toThrow(
      '[layers] layer "a": expected an input whose last axis has a known size, received 4x?.',
    );
  });
});

describe('zonal codes on wasm', () => {
  /** Multiples of 1/8, whose sums of squares are exact in any order. */
  const eighths = (count: number, seed: number) => randomValues(count, seed).map((value) => Math.round(16 * value) / 8);

  it.each([
    [1, 5, 1, 3],
    [70, 130, 16, 37],
    [301, 33, 256, 8],
  ])('%i rows of %i values in %i zones of %i: the same as on cpu', async (rows, width, count, size) => {
    const draw = (shape: [number, number], seed: number) => tf.tensor2d(eighths(shape[0] * shape[1], seed), shape);
    // Without common factors with the width, so that the positions of a zone are different; some are outside.
    const steps = [1, 2, 4, 5, 7, 8, 10, 13];
    const positions = Float32Array.from({ length: count * size }, (_, i) => {
      const zone = Math.floor(i / size);
      return ((zone + (i % size) * steps[zone >> 5]) % width) + (i % 97 === 96 ? width : 0);
    });
    const results: Float32Array[][] = [];
    for (const backend of ['cpu', 'wasm']) {
      if (backend === 'wasm') await initWasm({ threads: 2 });
      else await tf.setBackend(backend);
      const given = { positions: tf.tensor2d(positions, [count, size]), means: tf.tensor1d(eighths(width, 4)) };
      const x = draw([rows, width], 1);
      const code = encodeZones(x, given);
      const dx = tf.grad((x) => encodeZones(x as tf.Tensor2D, given))(x, draw([rows, 1 + size], 2));
      const dcode = tf.grad((x) => decodeZones(x as tf.Tensor2D, given))(code, draw([rows, width], 3));
      const all = [code, decodeZones(code, given), dx, dcode];
      // -0 is 0.
      results.push(all.map((tensor) => tensor.dataSync<'float32'>().map((value) => value + 0)));
    }
    const used = new Set(results[0][0].filter((_, i) => i % (1 + size) === 0));
    expect(used.size).toBeGreaterThan(count / 3);
    expect(results[1]).toEqual(results[0]);
  });
});
