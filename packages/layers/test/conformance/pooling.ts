import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { maxPoolWithArgmax, type PoolOptions } from '../../src/entries/index';
import { readGolden, toTensor } from '../golden/read';
import { expectTensor, expectValues } from './expect-tensor';
import { grad4d, numericalGradient } from './gradients';

/** `maxPoolWithArgmax` against PyTorch, finite differences, and indices that a float32 can't hold. */
export function describePooling(mostPositions = Number.POSITIVE_INFINITY): void {
  describe('maxPoolWithArgmax', () => {
    it.each(readGolden('pooling').map((golden) => [golden.name, golden] as const))('PyTorch: %s', async (_, golden) => {
      const { poolSize, strides, padding } = golden;
      const x = toTensor<tf.Rank.R4>(golden.x);
      const { values, indices } = maxPoolWithArgmax(x, { poolSize, strides, padding });
      await expectTensor(values, golden.values, { name: 'values' });
      await expectTensor(indices, golden.indices, { name: 'indices', dtype: 'int32' });
      expect(await indices.data()).toBeInstanceOf(Int32Array);

      const dy = toTensor<tf.Rank.R4>(golden.dy);
      const dx = grad4d((v) => maxPoolWithArgmax(v, { poolSize, strides, padding }).values)(x, dy);
      await expectTensor(dx, golden.dx, { name: 'gradient' });
    });

    const options: [string, PoolOptions][] = [
      ['windows side by side', { poolSize: 2 }],
      ['overlapping windows', { poolSize: 3, strides: 2, padding: 1 }],
      [
        'uneven windows',
        {
          poolSize: [2, 3],
          strides: [1, 2],
          padding: [
            [1, 0],
            [0, 2],
          ],
        },
      ],
    ];
    it.each(options)('finite differences: %s', async (_, pool) => {
      // A shuffled row of multiples of 1/8: no ties, and steps of 1/32 change no maximum.
      const shape: [number, number, number, number] = [2, 5, 6, 2];
      const x = Float32Array.from({ length: 120 }, (_, i) => ((i * 37) % 120) / 8);
      const { values } = maxPoolWithArgmax(tf.tensor4d(x, shape), pool);
      const weight = tf.tensor4d(
        Float32Array.from({ length: values.size }, (_, i) => ((i * 7) % 11) - 5),
        values.shape,
      );
      const loss = (v: tf.Tensor) => tf.sum(tf.mul(maxPoolWithArgmax(v as tf.Tensor4D, pool).values, weight));
      const dx = await tf.grad(loss)(tf.tensor4d(x, shape)).data();
      expectValues(dx, await numericalGradient(loss, x, shape), { tolerance: 1e-4 });
    });

    it('differentiates its gradient: it is linear in dy', async () => {
      const [golden] = readGolden('pooling').filter(({ name }) => name === 'overlapping windows');
      const x = toTensor<tf.Rank.R4>(golden.x);
      const weight = toTensor<tf.Rank.R4>(golden.x);
      const pool = { poolSize: golden.poolSize, strides: golden.strides };
      const weighted = (dy: tf.Tensor4D) =>
        tf.sum(tf.mul(grad4d((v) => maxPoolWithArgmax(v, pool).values)(x, dy), weight));
      // d/d(dy) of sum(scatter(dy) * x) reads x at the indices: the pooled values.
      await expectTensor(grad4d(weighted)(toTensor<tf.Rank.R4>(golden.dy)), golden.values);
    });

    it('names positions beyond 2^24 exactly', async () => {
      const [height, width] = [4099, 4102];
      const x = new Float32Array(height * width);
      const marked = [1, 2 ** 24 - 1, 2 ** 24 + 1, (height - 2) * width + width - 1];
      for (const [rank, index] of marked.entries()) x[index] = rank + 1;
      if (mostPositions < x.length) {
        const image = tf.zeros<tf.Rank.R4>([1, height, width, 1]);
        expect(() => maxPoolWithArgmax(image, { poolSize: 2 })).toThrow(`expected at most ${mostPositions} positions`);
        return;
      }
      const { values, indices } = maxPoolWithArgmax(tf.tensor4d(x, [1, height, width, 1]), { poolSize: 2 });
      expect(values.shape).toEqual([1, 2049, 2051, 1]);
      const found = await indices.data();
      const maxima = await values.data();
      for (const [rank, index] of marked.entries()) {
        const window = Math.floor(Math.floor(index / width) / 2) * 2051 + Math.floor((index % width) / 2);
        expect([maxima[window], found[window]]).toEqual([rank + 1, index]);
      }
      tf.dispose([values, indices]);
    });

    it('is what the stock op runs on, with indices of the batch and a gradient', async () => {
      const x = tf.tensor4d([1, NaN, 3, 2, 5, 5, 5, 5], [2, 2, 2, 1]);
      const { result, indexes } = tf.maxPoolWithArgmax(x, 2, 2, 'valid', true);
      expectValues(await result.data(), [NaN, 5]);
      expectValues(await indexes.data(), [1, 4]);
      const stock = (v: tf.Tensor4D) => tf.maxPoolWithArgmax(v, 2, 2, 'valid', true).result;
      const dx = grad4d(stock)(x, tf.tensor4d([7, 9], [2, 1, 1, 1]));
      expectValues(await dx.data(), [0, 7, 0, 0, 9, 0, 0, 0]);
    });
  });
}
