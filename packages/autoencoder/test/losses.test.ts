import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { useBackend } from '../src/entries/index';
import { createLoss } from '../src/training/losses';
import type { LossOptions } from '../src/training/options';
import golden from './golden/losses.json';

const shape = golden.shape as [number, number, number, number];

/** The images of make_loss_golden.py. */
function makeImages(): { target: Float32Array; prediction: Float32Array } {
  const size = tf.util.sizeFromShape(shape);
  let state = 1;
  const values = Float64Array.from({ length: 2 * size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 24) / 256;
  });
  const target = Float32Array.from(values.subarray(0, size));
  return { target, prediction: target.map((value, i) => 0.7 * value + 0.3 * values[size + i]) };
}

describe.each(['wasm', 'cpu'] as const)("losses and their gradients are PyTorch's, on %s", (backend) => {
  it.each(golden.cases)('$options', async ({ options, value, gradient }) => {
    await useBackend(backend);
    const { numTensors } = tf.memory();
    const images = makeImages();
    const loss = createLoss(options as LossOptions, golden.peak);
    const target = tf.tensor4d(images.target, shape);
    const prediction = tf.tensor4d(images.prediction, shape);
    const gradients = tf.valueAndGrad((x) => loss(target, x as tf.Tensor4D))(prediction);
    expect(gradients.value.dataSync()[0]).toBeCloseTo(value, 5);
    const largest = Math.max(...gradient.map(Math.abs));
    const actual = Array.from(gradients.grad.dataSync()).filter((_, i) => i % golden.gradientStride === 0);
    const worst = Math.max(...actual.map((g, i) => Math.abs(g - gradient[i])));
    expect(worst).toBeLessThan(1e-4 * largest);
    tf.dispose([target, prediction, gradients.value, gradients.grad]);
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});

describe('losses refuse', () => {
  it.each<[object, string]>([
    [{ name: 'l3' }, 'mse, mae, ssim, received "l3"'],
    [{ name: 'mse', weight: 1 }, 'unknown option "weight"'],
    [{ name: 'ssim', weight: 2 }, 'loss.weight: expected a number from 0 to 1, received 2'],
  ])('%o', (options, message) => {
    expect(() => createLoss(options as LossOptions, 1)).toThrow(message);
  });

  it('SSIM of images smaller than its window', async () => {
    await useBackend('wasm');
    const images: tf.Tensor4D = tf.zeros([1, 10, 20, 3]);
    expect(() => createLoss({ name: 'ssim' }, 1)(images, images)).toThrow('at least 11x11 for ssim, received 10x20');
    images.dispose();
  });
});
