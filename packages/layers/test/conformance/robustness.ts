import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { maxPoolWithArgmax, maxUnpool } from '../../src/entries/index';
import { grad4d } from './gradients';

/** What ops refuse before they reach a backend's kernels, and what they leave behind. */
export function describeRobustness(): void {
  describe('ops', () => {
    const image = () => tf.randomUniform<tf.Rank.R4>([2, 5, 6, 3], -1, 1, 'float32', 5);

    it('refuse wrong shapes and mismatched masks, and leave no tensor', () => {
      const x = image();
      const { values, indices } = maxPoolWithArgmax(x, { poolSize: 2 });
      const other = tf.zeros<tf.Rank.R4>([2, 2, 3, 4], 'int32');
      const flat = tf.zeros([4]) as unknown as tf.Tensor4D;
      const { numTensors, numDataBuffers } = tf.memory();
      expect(() => maxPoolWithArgmax(flat, { poolSize: 2 })).toThrow(/expected x as a tensor of shape \[N, H, W, C\]/);
      expect(() => maxPoolWithArgmax(x, { poolSize: 6 })).toThrow(/expected an input of at least 6x6/);
      expect(() => maxUnpool(values, other, [5, 6])).toThrow(/received values 2x2x3x3 and a mask of 2x2x3x4/);
      expect(() => maxUnpool(values, values, [5, 6])).toThrow(/expected indices as int32, received float32/);
      expect(() => maxUnpool(flat, indices, [5, 6])).toThrow(/expected values as a tensor of shape/);
      expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
    });

    it('leave no tensor but their results, forward and backward', () => {
      const x = image();
      const run = (distinctIndices: boolean) => {
        const { values, indices } = maxPoolWithArgmax(x, { poolSize: 3, strides: 2, padding: 1 });
        const y = maxUnpool(values, indices, [5, 6], { distinctIndices });
        const dx = grad4d((v) => {
          const pooled = maxPoolWithArgmax(v, { poolSize: 2 });
          return maxUnpool(pooled.values, pooled.indices, [5, 6], { distinctIndices });
        })(x);
        tf.dispose([values, indices, y, dx]);
      };
      run(false);
      const { numTensors, numDataBuffers } = tf.memory();
      run(false);
      run(true);
      expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
    });

    it('give the same for the same values, whichever tensor holds them', async () => {
      const x = tf.relu(tf.reshape(image(), [1, 10, 6, 3])) as tf.Tensor4D;
      const first = maxPoolWithArgmax(x, { poolSize: 2 });
      const second = maxPoolWithArgmax(tf.reshape(x, [1, 10, 6, 3]) as tf.Tensor4D, { poolSize: 2 });
      expect(await second.indices.data()).toEqual(await first.indices.data());
      expect(await second.values.data()).toEqual(await first.values.data());
    });
  });
}
