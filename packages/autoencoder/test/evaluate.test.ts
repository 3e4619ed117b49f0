import { conv2d, flatten, linear, maxPooling2d, maxUnpooling2d, reshape, splitModel } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  Autoencoder,
  type AutoencoderOptions,
  type EvaluateOptions,
  type Sample,
  useBackend,
} from '../src/entries/index';
import { fixedMasks } from '../src/network/masks';
import { Network } from '../src/network/network';
import { rectangleSamples } from './rectangles';

const small: AutoencoderOptions = { inputShape: [16, 16, 3], codeSize: 32 };
const images: Sample[] = rectangleSamples(7, { size: 16 }).map((image, i) => ({
  ...image,
  label: i % 2,
  key: `k${i}`,
}));

beforeAll(async () => {
  await useBackend('wasm');
});

async function initialized(options: AutoencoderOptions = small): Promise<Autoencoder> {
  const ae = new Autoencoder(options);
  await ae.initialize({ seed: 1 });
  return ae;
}

/** Pools, unpools, and does nothing else: the reconstruction shows what the masks do. */
function poolOnly(): AutoencoderOptions {
  const layers = [
    maxPooling2d({ poolSize: 2 }),
    flatten(),
    linear({ units: 4, name: 'code' }),
    reshape({ targetShape: [2, 2, 1] }),
    maxUnpooling2d(),
  ];
  return { inputShape: [4, 4, 1], layers, pixels: { scale: 1 / 255 } };
}

/** A gray 4x4 image, black except for one bright pixel in each 2x2 window, at `[row, column]` in it. */
function cornerSample([row, column]: [number, number], brightness: number): Sample {
  const data = new Uint8Array(16);
  for (const y of [0, 2]) for (const x of [0, 2]) data[(y + row) * 4 + x + column] = brightness;
  return { channels: 1, height: 4, width: 4, data };
}

describe('evaluate', () => {
  it('scores the output of reconstruct, image by image', async () => {
    const ae = await initialized();
    const seen: number[] = [];
    const evaluation = await ae.evaluate(images, { batchSize: 3, onProgress: (done) => seen.push(done) });
    expect(seen).toEqual([3, 6, 7]);
    expect(evaluation).toMatchObject({ count: 7, masks: 'own', codeBits: 32 });
    expect(evaluation.images.map(({ index, key, label }) => [index, key, label])).toEqual(
      images.map(({ key, label }, i) => [i, key, label]),
    );
    const reconstructions = await ae.reconstruct(images);
    for (const [i, { psnrDb, mae, ssim }] of evaluation.images.entries()) {
      const errors = Array.from(images[i].data, (byte, at) => byte - reconstructions[i].data[at]);
      const meanSquare = errors.reduce((sum, e) => sum + e * e, 0) / errors.length;
      // Bytes are rounded and the scored values are not.
      expect(psnrDb).toBeCloseTo(10 * Math.log10(255 ** 2 / meanSquare), 1);
      expect(mae * 256).toBeGreaterThan(errors.reduce((sum, e) => sum + Math.abs(e), 0) / errors.length - 1);
      expect(ssim).toBeLessThan(1);
    }
    ae.dispose();
  });

  it('gives the decoder the requested masks, and nothing else changes', async () => {
    const ae = await initialized(poolOnly());
    ae.model.getLayer('code').setWeights([tf.eye(4), tf.zeros([4])]);
    const brightTopLeft = cornerSample([0, 0], 255);
    const darkTopLeft = cornerSample([0, 0], 51);
    const brightElsewhere = cornerSample([1, 1], 255);
    const psnrs = async (samples: Sample[], masks: EvaluateOptions['masks']) => {
      const { images: scored } = await ae.evaluate(samples, { masks, batchSize: 1 });
      return scored.map(({ psnrDb }) => (psnrDb > 100 ? 'perfect' : psnrDb.toFixed(4)));
    };
    // A bright pixel at the wrong place is wrong twice in a window of four: MSE 1/2, which is 3.0103 dB.
    expect(await psnrs([brightTopLeft, brightElsewhere], 'own')).toEqual(['perfect', 'perfect']);
    expect(await psnrs([brightTopLeft, brightElsewhere], 'fixed')).toEqual(['perfect', '3.0103']);
    expect(await psnrs([brightTopLeft, brightElsewhere], 'other')).toEqual(['3.0103', '3.0103']);
    expect(await psnrs([brightTopLeft, darkTopLeft, brightTopLeft], 'other')).toEqual([
      'perfect',
      'perfect',
      'perfect',
    ]);
    // Half the source away: 0 gets 2's, 1 gets 3's, 2 gets 0's, 3 gets 1's.
    expect(await psnrs([brightTopLeft, brightElsewhere, brightTopLeft, brightTopLeft], 'other')).toEqual([
      'perfect',
      '3.0103',
      'perfect',
      '3.0103',
    ]);
    ae.dispose();
  });

  it('scores codes with fewer and fewer bits, further and further from the unrounded one', async () => {
    const ae = await initialized();
    await ae.train(images, { epochs: 30, batchSize: 4 });
    const changes: number[] = [];
    const { psnrDb } = await ae.evaluate(images);
    for (const codeBits of [8, 4, 1]) {
      changes.push(Math.abs((await ae.evaluate(images, { codeBits })).psnrDb - psnrDb));
    }
    expect(changes[0]).toBeLessThan(0.01);
    expect(changes[1]).toBeGreaterThan(changes[0]);
    expect(changes[2]).toBeGreaterThan(10 * changes[1]);
    ae.dispose();
  });

  it('leaves out SSIM if it is not wanted', async () => {
    const ae = await initialized();
    const { ssim, psnrDb } = await ae.evaluate(images, { similarity: false });
    expect(ssim).toBeNaN();
    expect(psnrDb).toBeGreaterThan(0);
    ae.dispose();
  });

  it('leaks no tensors in any mode, even when stopped', async () => {
    const ae = await initialized();
    await ae.evaluate(images);
    const { numTensors } = tf.memory();
    for (const masks of ['own', 'fixed', 'other'] as const)
      await ae.evaluate(images, { masks, codeBits: 8, batchSize: 2 });
    const signal = AbortSignal.abort();
    await expect(ae.evaluate(images, { signal })).rejects.toMatchObject({ code: 'ABORTED' });
    const broken = [...images, { ...images[0], width: 8 }];
    await expect(ae.evaluate(broken, { masks: 'other' })).rejects.toMatchObject({ code: 'INVALID_SAMPLE' });
    expect(tf.memory().numTensors).toBe(numTensors);
    ae.dispose();
  });

  it.each<[string, Sample[], EvaluateOptions, RegExp]>([
    ['no images', [], {}, /at least one sample/],
    ['one image for another one’s masks', images.slice(0, 1), { masks: 'other' }, /at least two samples/],
    ['a mask mode that is none', images, { masks: 'random' as 'own' }, /own, fixed, other.*"random"/],
    ['24 bits', images, { codeBits: 24 }, /codeBits: expected a whole number from 1 to 16, received 24/],
    ['null', images, null as unknown as EvaluateOptions, /evaluate: expected an object such as .*received null/],
    ['a misspelt option', images, { mask: 'own' } as EvaluateOptions, /unknown option "mask"/],
  ])('refuses %s', async (_, samples, options, message) => {
    const ae = await initialized();
    await expect(ae.evaluate(samples, options)).rejects.toThrow(message);
    ae.dispose();
  });
});

describe('sizes', () => {
  it('are those of the author’s network', async () => {
    const ae = await initialized({ codeSize: 1568 });
    const { masks, ...sizes } = ae.sizes;
    expect(sizes).toEqual({
      imageBytes: 12_288,
      codeNumbers: 1568,
      codeShape: [1568],
      codeBytes: 6272,
      maskBytes: 4608,
    });
    // 32 x 32 x 12 and 16 x 16 x 24 values of 2 bits.
    expect(masks).toEqual([
      { pool: 'pool1', shape: [32, 32, 12], usedChannels: 12, bitsPerValue: 2, bytes: 3072 },
      { pool: 'pool2', shape: [16, 16, 24], usedChannels: 24, bitsPerValue: 2, bytes: 1536 },
    ]);
    ae.dispose();
  });

  it('count only the half of a mask that torch7 uses', async () => {
    const ae = await initialized({ preset: 'torch7', inputShape: [16, 16, 3], codeSize: 8 });
    expect(ae.sizes.masks.map(({ shape, usedChannels, bytes }) => [shape[2], usedChannels, bytes])).toEqual([
      [12, 12, 192],
      [24, 12, 48],
    ]);
    ae.dispose();
  });

  it('include no masks if nothing is pooled', async () => {
    const layers = [conv2d({ filters: 2, kernelSize: 1, name: 'code' }), conv2d({ filters: 1, kernelSize: 1 })];
    const ae = await initialized({ inputShape: [5, 4, 1], layers });
    expect(ae.sizes).toEqual({
      imageBytes: 20,
      codeNumbers: 40,
      codeShape: [40],
      codeBytes: 160,
      maskBytes: 0,
      masks: [],
    });
    const samples = [{ channels: 1, height: 5, width: 4, data: new Uint8Array(20) }];
    const own = await ae.evaluate(samples);
    const fixed = await ae.evaluate(samples, { masks: 'fixed' });
    expect(fixed.mse).toBe(own.mse);
    ae.dispose();
  });
});

describe('fixed masks', () => {
  it.each([
    ['windows beside one another', { poolSize: 2 }, [0, 2, 10, 12]],
    ['windows that overlap', { poolSize: 3, strides: 1 }, [0, 1, 2, 5, 6, 7, 10, 11, 12]],
    ['windows that begin in the padding', { poolSize: 3, strides: 2, padding: 1 }, [0, 1, 3, 5, 6, 8, 15, 16, 18]],
    ['TensorFlow’s padding', { poolSize: 2, padding: 'same' as const }, [0, 2, 4, 10, 12, 14, 20, 22, 24]],
  ])('lie top left: %s', async (_, pool, expected) => {
    const layers = [
      maxPooling2d(pool),
      conv2d({ filters: 1, kernelSize: 1, name: 'code' }),
      maxUnpooling2d({ distinctIndices: false }),
    ];
    const ae = await initialized({ inputShape: [5, 5, 1], layers });
    const { masks } = ae.encode(tf.zeros([1, 5, 5, 1]));
    const [mask] = fixedMasks(new Network({ model: ae.model, ...splitModel(ae.model, 'code') }, ae), 2);
    expect(Array.from(mask.dataSync())).toEqual([...expected, ...expected]);
    expect(mask.shape.slice(1)).toEqual(masks[0].shape.slice(1));
    ae.dispose();
  });
});
