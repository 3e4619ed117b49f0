import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { initWasm } from '../src/backends/wasm';
import { blockTransform2d, conv2d, inverseBlockTransform2d, residual, Sequential } from '../src/entries/index';
import golden from './golden/fixtures/block-transform.json';

const blockSize = golden.blockSize as [number, number];
const [count, height, width, channels] = golden.shape;
const values = blockSize[0] * blockSize[1] * channels;
const colors = () => tf.tensor2d(golden.colors, [channels, channels]);

/** A chain of both transforms with the golden's colors and positions. */
function chain() {
  const net = new Sequential({ inputShape: [height, width, channels] })
    .add(blockTransform2d({ blockSize, coefficients: golden.positions.length, name: 'analysis' }))
    .add(inverseBlockTransform2d({ blockSize, outputShape: [height, width, channels], name: 'synthesis' }));
  const model = net.build();
  const places = new Float32Array(values).fill(golden.positions.length);
  for (const [place, position] of golden.positions.entries()) places[position] = place;
  model.getLayer('analysis').setWeights([colors(), tf.tensor1d(golden.positions)]);
  model.getLayer('synthesis').setWeights([colors(), tf.tensor1d(places)]);
  return { model, ...net.split('analysis') };
}

function expectClose(actual: tf.Tensor, expected: readonly number[]): void {
  const received = actual.dataSync();
  expect(received).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(received[i]).toBeCloseTo(value, 4);
}

describe.each(['cpu', 'wasm'])('block transforms on %s', (backend) => {
  beforeEach(async () => {
    if (backend === 'wasm') await initWasm({ threads: 2 });
    else await tf.setBackend(backend);
    tf.engine().startScope();
  });
  afterEach(() => tf.engine().endScope());

  it('computes the coefficients that NumPy computes, including those of blocks that extend past the image', () => {
    const { encoder } = chain();
    const coefficients = encoder.predict(tf.tensor4d(golden.images, [count, height, width, channels])) as tf.Tensor;
    expect(coefficients.shape).toEqual(golden.coefficientShape);
    expectClose(coefficients, golden.coefficients);
  });

  it('turns them into the images that NumPy computes', () => {
    const { decoder } = chain();
    const shape = golden.coefficientShape as [number, number, number, number];
    const images = decoder.predict(tf.tensor4d(golden.coefficients, shape)) as tf.Tensor;
    expect(images.shape).toEqual(golden.shape);
    expectClose(images, golden.reconstructions);
  });

  it('gives the coefficients the gradient that NumPy computes', () => {
    const { decoder } = chain();
    const weights = tf.tensor4d(golden.gradient, [count, height, width, channels]);
    const f = (x: tf.Tensor) => tf.sum(tf.mul(decoder.apply(x) as tf.Tensor, weights)) as tf.Scalar;
    const shape = golden.coefficientShape as [number, number, number, number];
    expectClose(tf.grad(f)(tf.tensor4d(golden.coefficients, shape)), golden.coefficientGradient);
  });

  it('gives images the gradient found by finite differences', () => {
    const { encoder } = chain();
    const weights = tf.tensor4d(golden.coefficients, golden.coefficientShape as [number, number, number, number]);
    const f = (x: tf.Tensor) => tf.sum(tf.mul(encoder.apply(x) as tf.Tensor, weights)) as tf.Scalar;
    const images = tf.tensor4d(golden.images, [count, height, width, channels]);
    const gradient = tf.grad(f)(images).dataSync();
    // The transform is linear, so a step of 1 is as good as a small one.
    const before = f(images).dataSync()[0];
    for (const at of [
      0,
      17,
      3 * width * channels - 1,
      height * width * channels - 1,
      2 * height * width * channels - 2,
    ]) {
      const moved = Float32Array.from(golden.images);
      moved[at] += 1;
      expect(f(tf.tensor4d(moved, [count, height, width, channels])).dataSync()[0] - before).toBeCloseTo(
        gradient[at],
        3,
      );
    }
  });
});

describe('kernels of block transforms on wasm', () => {
  it.each([
    [
      [2, 8, 32, 1],
      [8, 16],
    ],
    [
      [1, 11, 16, 3],
      [4, 8],
    ],
    [
      [2, 8, 8, 4],
      [8, 4],
    ],
    [
      [1, 64, 64, 3],
      [64, 64],
    ],
  ] as const)('compute what other ops compute on cpu: images %j, blocks %j', async (shape, size) => {
    const [n, high, wide, depth] = shape;
    const kept = Math.min(40, size[0] * size[1] * depth - 3);
    const draw = (of: number, seed: number) => Float32Array.from({ length: of }, (_, i) => Math.sin(seed + 7.3 * i));
    const results: Float32Array[][] = [];
    for (const backend of ['cpu', 'wasm']) {
      if (backend === 'wasm') await initWasm({ threads: 2 });
      else await tf.setBackend(backend);
      const net = new Sequential({ inputShape: [high, wide, depth] })
        .add(blockTransform2d({ blockSize: [...size], coefficients: kept, name: 'analysis' }))
        .add(inverseBlockTransform2d({ blockSize: [...size], outputShape: [high, wide, depth], name: 'synthesis' }));
      const model = net.build();
      const volume = size[0] * size[1] * depth;
      const places = new Float32Array(volume).fill(kept);
      const positions = Float32Array.from({ length: kept }, (_, i) => (i * 5 + 1) % volume);
      for (const [place, position] of positions.entries()) places[position] = place;
      const directions = tf.tensor2d(draw(depth * depth, 1), [depth, depth]);
      model.getLayer('analysis').setWeights([directions, tf.tensor1d(positions)]);
      model.getLayer('synthesis').setWeights([directions, tf.tensor1d(places)]);
      const images = tf.tensor4d(draw(n * high * wide * depth, 2), [n, high, wide, depth]);
      const dy = tf.tensor4d(draw(n * high * wide * depth, 3), [n, high, wide, depth]);
      const before = tf.memory().numTensors;
      const gradient = tf.tidy(() => tf.grad((x) => model.apply(x) as tf.Tensor)(images, dy));
      expect(tf.memory().numTensors).toBe(before + 1);
      const coefficients = net.split('analysis').encoder.predict(images) as tf.Tensor;
      const all = [coefficients, model.predict(images) as tf.Tensor, gradient];
      results.push(all.map((tensor) => tensor.dataSync<'float32'>().slice()));
      for (const tensor of [...all, images, dy, directions]) tensor.dispose();
    }
    for (const [i, expected] of results[0].entries()) {
      const scale = Math.max(1, ...expected.map(Math.abs));
      const worst = Math.max(...expected.map((value, k) => Math.abs(value - results[1][i][k])));
      expect(worst).toBeLessThan(1e-6 * scale);
    }
  });
});

describe('layers of block transforms', () => {
  it('are saved and loaded with their weights, which training does not change', async () => {
    await tf.setBackend('cpu');
    const { model } = chain();
    expect(model.trainableWeights).toHaveLength(0);
    let artifacts: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (saved) => {
        artifacts = saved;
        return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
      }),
    );
    const loaded = await loadLayersModel(tf.io.fromMemory(artifacts as tf.io.ModelArtifacts));
    const images = tf.tensor4d(golden.images, [count, height, width, channels]);
    expectClose(loaded.predict(images) as tf.Tensor, golden.reconstructions);
  });

  it('refuse arguments that do not describe a transform', () => {
    expect(() => blockTransform2d({ blockSize: 0, coefficients: 1, name: 'a' })).toThrow(
      '[layers] layer "a": expected blockSize as an integer of at least 1 or a pair of them, received 0.',
    );
    expect(() => blockTransform2d({ blockSize: 4, coefficients: 0.5, name: 'a' })).toThrow(
      '[layers] layer "a": expected coefficients as an integer of at least 1, received 0.5.',
    );
    const net = new Sequential({ inputShape: [8, 8, 3] });
    expect(() => net.add(blockTransform2d({ blockSize: 4, coefficients: 49, name: 'a' }))).toThrow(
      '[layers] layer "a": expected at most 48 coefficients of blocks of 4x4x3, received 49.',
    );
    net.add(blockTransform2d({ blockSize: 4, coefficients: 5 }));
    expect(() => net.add(inverseBlockTransform2d({ blockSize: 4, outputShape: [16, 8, 3], name: 'b' }))).toThrow(
      '[layers] layer "b": expected 4x2 blocks for images of 16x8, received 2x2.',
    );
  });
});

describe('residual', () => {
  const conv = (filters: number, name: string) =>
    conv2d({ filters, kernelSize: 3, padding: 'same', kernelInitializer: 'zeros', biasInitializer: 'ones', name });

  it('adds the output of its layers to their input', async () => {
    await tf.setBackend('cpu');
    const model = new Sequential({ inputShape: [2, 2, 1] })
      .add(residual([conv(3, 'a'), conv(1, 'b')], { name: 'sum' }))
      .build();
    expectClose(model.predict(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1])) as tf.Tensor, [2, 3, 4, 5]);
    expect(model.layers.map(({ name }) => name)).toEqual(['input', 'a', 'b', 'sum']);
  });

  it('adds nothing from a branch whose shape does not match', () => {
    const net = new Sequential({ inputShape: [2, 2, 1] });
    expect(() => net.add(residual([conv(3, 'a'), conv(2, 'b')]))).toThrow(
      '[layers] residual: expected layers that end in 2x2x1, their input shape, received 2x2x2.',
    );
    expect(net.steps).toHaveLength(0);
    expect(() => residual([])).toThrow('[layers] residual: expected a list of at least one layer, received none.');
    expect(net.add(residual([conv(1, 'a')])).steps.map(({ layer }) => layer.name)).toEqual(['a', 'add_1']);
  });
});
