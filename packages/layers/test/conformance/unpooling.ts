import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { maxPoolWithArgmax, maxUnpool } from '../../src/entries/index';
import { readGolden, toTensor, type UnpoolingCase } from '../golden/read';
import { expectTensor, expectValues } from './expect-tensor';
import { grad4d, numericalGradient } from './gradients';

/** `maxUnpool` against PyTorch and finite differences, and what it does with indices that name no position. */
export function describeUnpooling(throwsForInvalidIndices: boolean, mostPositions = Number.POSITIVE_INFINITY): void {
  describe('maxUnpool', () => {
    const goldens = readGolden('unpooling');
    const checkGolden = async (golden: UnpoolingCase, distinctIndices: boolean) => {
      const indices = toTensor<tf.Rank.R4>(golden.indices, 'int32');
      const values = toTensor<tf.Rank.R4>(golden.values);
      const unpool = (v: tf.Tensor4D) =>
        maxUnpool(v, indices, golden.outputSize, { mask: golden.mask, distinctIndices });
      await expectTensor(unpool(values), golden.y, { name: 'output' });
      const dvalues = grad4d(unpool)(values, toTensor<tf.Rank.R4>(golden.dy));
      await expectTensor(dvalues, golden.dvalues, { name: 'gradient' });
    };
    it.each(goldens.map((golden) => [golden.name, golden] as const))('PyTorch: %s', async (_, golden) => {
      await checkGolden(golden, false);
      if (golden.distinct) await checkGolden(golden, true);
    });

    it('handles an empty batch', async () => {
      const values = tf.zeros<tf.Rank.R4>([0, 2, 3, 2]);
      const indices = tf.zeros<tf.Rank.R4>([0, 2, 3, 2], 'int32');
      await expectTensor(maxUnpool(values, indices, [4, 6]), { shape: [0, 4, 6, 2], values: [] });
      const gradient = grad4d((v) => maxUnpool(v, indices, [4, 6]))(values);
      await expectTensor(gradient, { shape: [0, 2, 3, 2], values: [] });
    });

    it('carries NaN and infinities through', async () => {
      const indices = tf.tensor4d([3, 4, 10, 13], [1, 2, 2, 1], 'int32');
      const y = maxUnpool(tf.tensor4d([NaN, Infinity, -Infinity, 1], [1, 2, 2, 1]), indices, [4, 4]);
      const expected = new Float32Array(16);
      expected.set([NaN, Infinity], 3);
      expected[10] = -Infinity;
      expected[13] = 1;
      expectValues(await y.data(), expected);
    });

    it('finite differences: through pooling and unpooling', async () => {
      const shape: [number, number, number, number] = [2, 4, 6, 2];
      const x = Float32Array.from({ length: 96 }, (_, i) => ((i * 37) % 97) / 8);
      const weight = tf.tensor4d(
        Float32Array.from({ length: 96 }, (_, i) => ((i * 7) % 11) - 5),
        shape,
      );
      const loss = (v: tf.Tensor) => {
        const { values, indices } = maxPoolWithArgmax(v as tf.Tensor4D, { poolSize: 2 });
        // The mask depends on x too, so the tape asks for its gradient, which is 0.
        return tf.sum(tf.mul(maxUnpool(tf.square(values), indices, [4, 6]), weight));
      };
      const dx = await tf.grad(loss)(tf.tensor4d(x, shape)).data();
      expectValues(dx, await numericalGradient(loss, x, shape), { tolerance: 1e-3 });
    });

    const linear = goldens.filter(({ name }) => ['batch of many', 'overlapping windows with ties'].includes(name));
    linear.push(...goldens.filter(({ mask }) => mask === 'torch7'));
    it.each(linear.map((golden) => [golden.name, golden] as const))(
      'differentiates its gradient: %s',
      async (_, golden) => {
        const indices = toTensor<tf.Rank.R4>(golden.indices, 'int32');
        const values = toTensor<tf.Rank.R4>(golden.values);
        const unpool = (v: tf.Tensor4D) => maxUnpool(v, indices, golden.outputSize, { mask: golden.mask });
        const weighted = (dy: tf.Tensor4D) => tf.sum(tf.mul(grad4d(unpool)(values, dy), values));
        // d/d(dy) of sum(gather(dy) * v) adds v at the indices, which writes it where they are distinct.
        const actual = grad4d(weighted)(toTensor<tf.Rank.R4>(golden.dy));
        if (golden.distinct) await expectTensor(actual, golden.y);
        else expectValues(await tf.sum(actual).data(), await tf.sum(values).data(), { tolerance: 1e-6 });
      },
    );

    it('writes to positions beyond 2^24', async () => {
      const [height, width] = [4099, 4102];
      const marked = [1, 2 ** 24 - 1, 2 ** 24 + 1, height * width - 1];
      const indices = tf.tensor4d(marked, [1, 2, 2, 1], 'int32');
      const values = tf.tensor4d([5, 6, 7, 8], [1, 2, 2, 1]);
      const unpool = (v: tf.Tensor4D) => maxUnpool(v, indices, [height, width]);
      if (mostPositions < height * width) {
        expect(() => unpool(values)).toThrow(`expected at most ${mostPositions} positions`);
        return;
      }
      const y = unpool(values);
      const written = await y.data();
      expect(marked.map((index) => written[index])).toEqual([5, 6, 7, 8]);
      let count = 0;
      for (let i = 0; i < written.length; i++) if (written[i] !== 0) count++;
      expect(count).toBe(4);
      const dvalues = grad4d(unpool)(values, y);
      expectValues(await dvalues.data(), [5, 6, 7, 8]);
      tf.dispose([y, dvalues]);
    });

    const invalid: [string, number, number, 'strict' | 'torch7'][] = [
      ['below 0', -1, 1, 'strict'],
      ['past the last position', 16, 1, 'strict'],
      ['far past the end', 2 ** 31 - 1, 1, 'strict'],
      ['of a channel that values lack', 3, 2, 'torch7'],
    ];
    it.each(invalid)('an index %s', async (_, index, maskChannels, mask) => {
      const maskValues = Array.from({ length: 2 * maskChannels }, () => index);
      maskValues[maskChannels] = 2 * maskChannels;
      const indices = tf.tensor4d(maskValues, [1, 1, 2, maskChannels], 'int32');
      const values = tf.tensor4d([5, 6], [1, 1, 2, 1]);
      const unpool = (v: tf.Tensor4D) => maxUnpool(v, indices, [4, 4], { mask });
      if (throwsForInvalidIndices) {
        const received = new RegExp(
          `MaxUnpool: expected indices of an output of 4x4x${maskChannels}, received ${index} in image 0`,
        );
        expect(() => unpool(values)).toThrow(received);
        return;
      }
      const expected = new Float32Array(16);
      expected[2] = 6;
      expectValues(await unpool(values).data(), expected);
      const dvalues = grad4d(unpool)(values, tf.ones([1, 4, 4, 1]));
      expectValues(await dvalues.data(), [0, 1]);
    });
  });
}
