import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  Autoencoder,
  type AutoencoderOptions,
  type PassSummary,
  type TrainOptions,
  useBackend,
} from '../src/entries/index';
import type { InitializationScheme } from '../src/network/options';
import { rectangleSamples } from './rectangles';

const images = rectangleSamples(12, { size: 16 });

beforeAll(async () => {
  await useBackend('wasm');
});

async function initialized(options: AutoencoderOptions = {}, scheme?: InitializationScheme): Promise<Autoencoder> {
  const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 24, ...options });
  await ae.initialize({ seed: 1, ...(scheme && { scheme }) });
  return ae;
}

const everything: TrainOptions = {
  ...{ epochs: 2, batchSize: 3, accumulate: 2, validation: images.slice(0, 4), clipNorm: 0.1, averageDecay: 0.9 },
  ...{ loss: { name: 'ssim' }, augmentation: { mirror: true, noise: 0.1 }, earlyStopping: {}, tiedWeights: true },
};

describe('training', () => {
  it('leaks no tensors with everything turned on, however it ends', async () => {
    for (const variational of [false, true]) {
      const { numTensors: before } = tf.memory();
      const ae = await initialized({ variational });
      const { numTensors } = tf.memory();
      for (const name of ['sgd', 'adam', 'adamw', 'rmsprop', 'adagrad'] as const) {
        await ae.train(images.slice(0, 6), { ...everything, optimizer: { name, learningRate: 1e-4 } });
      }
      const controller = new AbortController();
      const stop = { signal: controller.signal, onStep: () => controller.abort() };
      await expect(ae.train(images, { ...everything, ...stop })).rejects.toThrow('aborted after step 1');
      const onEpoch = () => Promise.reject(new Error('no'));
      await expect(ae.train(images, { ...everything, onEpoch })).rejects.toThrow('no');
      expect(tf.memory().numTensors).toBe(numTensors);
      ae.dispose();
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  it('treats accumulated batches as one', async () => {
    const losses = await Promise.all(
      [{ batchSize: 6 }, { batchSize: 2, accumulate: 3 }].map(async (options) => {
        const ae = await initialized({}, 'torch');
        const seen: number[] = [];
        const onStep = ({ loss }: { loss: number }) => seen.push(loss);
        // 11 images: the last update has 5, and its last batch 1.
        await ae.train(images.slice(0, 11), { recipe: 'plain', epochs: 3, ...options, onStep });
        ae.dispose();
        return seen;
      }),
    );
    expect(losses[0]).toHaveLength(6);
    for (const [i, loss] of losses[0].entries()) expect(losses[1][i]).toBeCloseTo(loss, 5);
  });

  it('minimizes the requested loss', async () => {
    const scores = async (loss: TrainOptions['loss']) => {
      const ae = await initialized();
      await ae.train(images, { epochs: 20, batchSize: 4, loss });
      const { mae, ssim, mse } = await ae.evaluate(images);
      ae.dispose();
      return { mae, ssim, mse };
    };
    const [mse, mae, ssim] = [
      await scores({ name: 'mse' }),
      await scores({ name: 'mae' }),
      await scores({ name: 'ssim' }),
    ];
    expect(ssim.ssim).toBeGreaterThan(Math.max(mse.ssim, mae.ssim));
    expect(mse.mse).toBeLessThan(ssim.mse);
    expect(mae.mae).toBeLessThan(ssim.mae);
  });

  it('reports the passes of the torch7 recipe', async () => {
    const ae = await initialized({}, 'torch');
    const passes: PassSummary[] = [];
    const { epochs, steps } = await ae.train(images, {
      ...{ recipe: 'torch7', epochs: 2, records: { perEpoch: 5, passes: 3 } },
      onPass: (pass) => passes.push(pass),
    });
    expect(passes.map(({ epoch, pass }) => [epoch, pass])).toEqual([
      [1, 1],
      [1, 2],
      [1, 3],
      [2, 1],
      [2, 2],
      [2, 3],
    ]);
    expect(steps).toBe(2 * 5 * 3);
    expect(epochs[0].loss).toBeCloseTo((passes[0].loss + passes[1].loss + passes[2].loss) / 3, 12);
    ae.dispose();
  });
});

describe('tied weights', () => {
  it.each(['mirror', 'torch7'] as const)('stay the adjoint of the encoder in %s', async (preset) => {
    const ae = await initialized({ preset });
    await ae.train(images, { recipe: 'plain', epochs: 2, batchSize: 4, tiedWeights: true });
    const kernel = (layer: string) => ae.model.getLayer(layer).getWeights()[0];
    expect(Array.from(kernel('decode').dataSync())).toEqual(Array.from(tf.transpose(kernel('code')).dataSync()));
    // <conv(x), y> = <x, adjoint(y)> for any x and y, the definition of the adjoint.
    const last = preset === 'mirror' ? 'deconv1' : 'conv6';
    const x: tf.Tensor4D = tf.randomNormal([1, 16, 16, 3], 0, 1, 'float32', 1);
    const encoded = tf.conv2d(x, kernel('conv1') as tf.Tensor4D, 1, 'same');
    const y: tf.Tensor4D = tf.randomNormal(encoded.shape, 0, 1, 'float32', 2);
    const decoded =
      preset === 'mirror'
        ? tf.conv2dTranspose(y, kernel(last) as tf.Tensor4D, x.shape, 1, 'same')
        : tf.conv2d(y, kernel(last) as tf.Tensor4D, 1, 'same');
    const product = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(a, b)).dataSync()[0];
    expect(product(encoded, y)).toBeCloseTo(product(x, decoded), 3);
    ae.dispose();
  });

  it('are refused if the decoder does not mirror the encoder', async () => {
    const { conv2d } = await import('@ae/layers');
    const conv = (filters: number, kernelSize: number, name: string) =>
      conv2d({ filters, kernelSize, padding: 'same', name });
    const layers = [conv(4, 3, 'code'), conv(3, 5, 'out')];
    const ae = new Autoencoder({ inputShape: [16, 16, 3], layers });
    await ae.initialize();
    await expect(ae.train(images, { tiedWeights: true })).rejects.toThrow('code [3, 3, 3, 4] and out [5, 5, 4, 3]');
    ae.dispose();
  });
});

describe('a variational autoencoder', () => {
  it('keeps its codes close to the standard normal distribution, the closer the larger beta is', async () => {
    const divergences = await Promise.all(
      [0.001, 30].map(async (beta) => {
        const ae = await initialized({ variational: true });
        let last: number | undefined;
        const onStep = ({ divergence }: { divergence?: number }) => {
          last = divergence;
        };
        await ae.train(images, { recipe: 'plain', epochs: 15, batchSize: 4, beta, onStep });
        ae.dispose();
        return last as number;
      }),
    );
    expect(divergences[1]).toBeGreaterThanOrEqual(0);
    expect(divergences[1]).toBeLessThan(0.5 * divergences[0]);
  });

  it('learns, saves, loads and encodes deterministically', async () => {
    const ae = await initialized({ variational: true, codeSize: 96 });
    const before = await ae.evaluate(images);
    await ae.train(images, { epochs: 50, batchSize: 4, beta: 1e-4 });
    expect((await ae.evaluate(images)).psnrDb).toBeGreaterThan(before.psnrDb + 2);
    expect(await ae.reconstruct(images)).toEqual(await ae.reconstruct(images));

    const folder = await mkdtemp(path.join(tmpdir(), 'ae-test-'));
    await ae.save(path.join(folder, 'model'));
    const loaded = await Autoencoder.load(path.join(folder, 'model'));
    expect(await loaded.sample({ count: 3, seed: 4 })).toEqual(await ae.sample({ count: 3, seed: 4 }));
    await expect(loaded.train(images, { epochs: 1 })).resolves.toBeDefined();
    loaded.dispose();
    ae.dispose();
    await rm(folder, { recursive: true });
  });

  it('makes images from codes alone, with fixed masks or those of an image', async () => {
    const ae = await initialized({ variational: true });
    const { numTensors } = tf.memory();
    const fixed = await ae.sample({ count: 3, seed: 4 });
    expect(fixed.map(({ channels, height, width }) => [channels, height, width])).toEqual(Array(3).fill([3, 16, 16]));
    expect(fixed[0].data).not.toEqual(fixed[1].data);
    expect(await ae.sample({ count: 2, seed: 4 })).toEqual(fixed.slice(0, 2));
    expect((await ae.sample({ seed: 5 }))[0]).not.toEqual(fixed[0]);
    expect((await ae.sample({ count: 3, seed: 4, masks: images[0] }))[0]).not.toEqual(fixed[0]);
    expect(tf.memory().numTensors).toBe(numTensors);
    ae.dispose();
    const plain = await initialized();
    await expect(plain.sample()).rejects.toThrow('only the codes of a variational autoencoder');
    plain.dispose();
  });
});

it.each<[object, string]>([
  [{ recipe: 'best' }, 'recipe: expected one of default, plain, transform, torch7, received "best"'],
  [{ accumulate: 0 }, 'accumulate: expected a whole number of at least 1'],
  [{ clipNorm: 0 }, 'clipNorm: expected a number above 0'],
  [{ averageDecay: 2 }, 'averageDecay: expected a number of at least 0 and below 1'],
  [{ earlyStopping: { patience: 0 } }, 'patience: expected a whole number of at least 1'],
  [{ recipe: 'torch7', records: { perEpoch: 5, passes: 1 }, batchSize: 2 }, 'expected a multiple of the 2 images'],
  [{ schedule: { policy: 'step', gamma: 0.1 } }, 'stepSize'],
  [{ beta: -1 }, 'beta: expected a number of at least 0'],
])('refuses %o', async (options, message) => {
  const ae = await initialized();
  await expect(ae.train(images, options)).rejects.toThrow(message);
  ae.dispose();
});
