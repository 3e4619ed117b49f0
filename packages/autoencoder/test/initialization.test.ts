import { conv2d, conv2dTranspose, flatten, linear, maxPooling2d, maxUnpooling2d, relu, reshape } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import { initializers, layers } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { Autoencoder, type AutoencoderOptions, useBackend } from '../src/entries/index';
import type { InitializationScheme } from '../src/network/options';
import { rectangleSamples } from './rectangles';

beforeAll(async () => {
  await useBackend('wasm');
});

async function initialized(options: AutoencoderOptions, scheme?: InitializationScheme, seed = 1): Promise<Autoencoder> {
  const ae = new Autoencoder(options);
  await ae.initialize({ seed, ...(scheme && { scheme }) });
  return ae;
}

async function psnrOf(options: AutoencoderOptions, scheme?: InitializationScheme): Promise<number> {
  const [height, , channels] = options.inputShape ?? [64, 64, 3];
  const samples = rectangleSamples(8, { size: height }).map((sample) => ({
    ...sample,
    channels,
    data: sample.data.subarray(0, channels * height * height),
  }));
  const ae = await initialized(options, scheme);
  const { psnrDb } = await ae.evaluate(samples, { similarity: false });
  ae.dispose();
  return psnrDb;
}

function weightOf(ae: Autoencoder, layer: string, index = 0): tf.Tensor {
  return ae.model.getLayer(layer).getWeights()[index];
}

describe('projection, the default', () => {
  it('reconstructs before any training, unlike torch, which returns something black', async () => {
    expect(await psnrOf({}, 'torch')).toBeLessThan(8);
    expect(await psnrOf({})).toBeGreaterThan(13);
    expect(await psnrOf({}, 'projection')).toBe(await psnrOf({}));
  });

  it('makes code and decoder a projection on the lowest frequencies', async () => {
    const ae = await initialized({ inputShape: [12, 20, 3], codeSize: 90 });
    const [code, decode] = [weightOf(ae, 'code'), weightOf(ae, 'decode')];
    expect(Array.from(decode.dataSync())).toEqual(Array.from(tf.transpose(code).dataSync()));
    const deviation = tf.max(tf.abs(tf.sub(tf.matMul(code as tf.Tensor2D, code as tf.Tensor2D, true), tf.eye(90))));
    expect(deviation.dataSync()[0]).toBeLessThan(1e-6);
    // Features are [3, 5, 24]: the first 24 numbers of the code are the means of the channels, times sqrt(15).
    const first = tf.slice(code, [0, 0], [-1, 24]).arraySync() as number[][];
    for (const [feature, row] of first.entries()) {
      for (const [unit, value] of row.entries())
        expect(value).toBeCloseTo(feature % 24 === unit ? 1 / Math.sqrt(15) : 0, 6);
    }
    // The third lowest frequency of 3 rows and 5 columns is one half wave down the rows, the same in all columns.
    const third = tf.reshape(tf.slice(code, [0, 48], [-1, 1]), [3, 5, 24]).arraySync() as number[][][];
    const wave = [1, 0, -1].map((sign) => sign / Math.sqrt(10));
    for (const [y, row] of third.entries()) for (const pixel of row) expect(pixel[0]).toBeCloseTo(wave[y], 6);
    ae.dispose();
  });

  it('passes colors through the convolutions unchanged: without pooling the network is the identity except for noise', async () => {
    const conv = (filters: number, name?: string) => conv2d({ filters, kernelSize: 3, padding: 'same', name });
    const ae = await initialized({
      inputShape: [12, 12, 3],
      layers: [conv(12), relu(), conv(12), relu(), conv(24, 'code'), conv(12), relu(), conv(12), relu(), conv(3)],
    });
    const x = tf.randomUniform([2, 12, 12, 3], 0, 1, 'float32', 3) as tf.Tensor4D;
    const error = tf.mean(tf.square(tf.sub(ae.forward(x), x))).dataSync()[0];
    expect(10 * Math.log10(1 / error)).toBeGreaterThan(15);
    ae.dispose();
  });

  it('interpolates after an unpooling', async () => {
    const ae = await initialized({});
    // The norms of the kernel's taps next to the center one; noise changes them slightly.
    const norms = (layer: string) => {
      const taps = tf.sqrt(tf.sum(tf.square(weightOf(ae, layer)), [2, 3]));
      return (tf.div(taps, tf.max(taps)).arraySync() as number[][]).flat();
    };
    const near = (values: number[], expected: number[]) =>
      expect(Math.max(...values.map((value, i) => Math.abs(value - expected[i])))).toBeLessThan(0.2);
    const ramp = [0.25, 0.5, 0.25, 0.5, 1, 0.5, 0.25, 0.5, 0.25];
    near(norms('deconv3'), ramp);
    near(norms('deconv2'), ramp);
    near(norms('deconv1'), [0, 0, 0, 0, 1, 0, 0, 0, 0]);
    ae.dispose();
  });

  it('starts a variational code with a small variance', async () => {
    const ae = await initialized({ inputShape: [16, 16, 3], codeSize: 20, variational: true });
    const max = (index: number) => tf.max(tf.abs(weightOf(ae, 'code', index))).dataSync()[0];
    expect([max(1), max(2), max(3)]).toEqual([0, 0, 4]);
    expect(max(0)).toBeGreaterThan(0.1);
    ae.dispose();
  });

  it.each<[string, AutoencoderOptions]>([
    ['the torch7 preset', { preset: 'torch7', inputShape: [16, 16, 3], codeSize: 64 }],
    ['gray images', { inputShape: [20, 20, 1] }],
    ['a code larger than its features', { inputShape: [16, 16, 3], codeSize: 120 }],
    [
      'odd channels, other kernels and layers that are not ours',
      {
        inputShape: [32, 32, 3],
        layers: [
          conv2d({ filters: 7, kernelSize: 5, padding: 'same' }),
          layers.batchNormalization(),
          relu(),
          maxPooling2d({ poolSize: 4 }),
          layers.depthwiseConv2d({ kernelSize: 3, padding: 'same' }),
          flatten(),
          linear({ units: 50, name: 'code' }),
          linear({ units: 8 * 8 * 7 }),
          reshape({ targetShape: [8, 8, 7] }),
          maxUnpooling2d(),
          conv2dTranspose({ filters: 3, kernelSize: 5, padding: 'same' }),
        ],
      },
    ],
  ])('gives finite weights that the seed determines for %s', async (_, options) => {
    const ae = await initialized(options);
    const values = ae.model.getWeights().flatMap((weight) => Array.from(weight.dataSync()));
    expect(values.every(Number.isFinite)).toBe(true);
    expect(values.filter((value) => value !== 0).length).toBeGreaterThan(200);
    ae.dispose();
    // Layers given as a list belong to the network they were first used in.
    if (options.layers) return;
    const [again, other] = [await initialized(options), await initialized(options, 'projection', 2)];
    expect(again.model.getWeights().flatMap((weight) => Array.from(weight.dataSync()))).toEqual(values);
    expect(other.model.getWeights().flatMap((weight) => Array.from(weight.dataSync()))).not.toEqual(values);
    again.dispose();
    other.dispose();
  });
});

const schemes: InitializationScheme[] = ['projection', 'torch'];

describe.each(schemes)('%s and layers of other kinds', (scheme) => {
  /** After the layers: a code, and a decoder of a fixed size. */
  const withLayers = (...some: layers.Layer[]): AutoencoderOptions => ({
    inputShape: [8, 8, 1],
    layers: [
      ...some,
      flatten(),
      linear({ units: 5, name: 'code' }),
      linear({ units: 64 }),
      reshape({ targetShape: [8, 8, 1] }),
    ],
  });
  const values = (ae: Autoencoder, layer: string) =>
    ae.model
      .getLayer(layer)
      .getWeights()
      .map((weight) => Array.from(weight.dataSync()));

  it('leaves normalizations, PReLU and moving statistics to their own initializers', async () => {
    const options = withLayers(
      ...[layers.batchNormalization({ name: 'bn' }), layers.layerNormalization({ name: 'ln' })],
      layers.prelu({ name: 'prelu', alphaInitializer: initializers.constant({ value: 0.25 }) }),
    );
    const ae = await initialized(options, scheme);
    expect(values(ae, 'bn')).toEqual([[1], [0], [0], [1]]);
    expect(values(ae, 'ln')).toEqual([[1], [0]]);
    expect(values(ae, 'prelu')).toEqual([Array(64).fill(0.25)]);
    ae.dispose();
  });

  it('leaves layers with their own initializer or weights alone', async () => {
    const filled = (value: number) => initializers.constant({ value });
    const pretrained = layers.dense({ units: 2, name: 'pretrained', weights: [tf.fill([2, 2], 5), tf.fill([2], 6)] });
    const built = layers.conv2d({ filters: 2, kernelSize: 1, name: 'built' });
    built.build([null, 8, 8, 2]);
    built.setWeights([tf.fill([1, 1, 2, 2], 7), tf.fill([2], 8)]);
    const ae = await initialized(
      {
        inputShape: [8, 8, 1],
        layers: [
          ...[conv2d({ filters: 2, kernelSize: 1, kernelInitializer: 'ones', name: 'ours' }), built],
          ...[flatten(), layers.dense({ units: 2, kernelInitializer: 'zeros', name: 'stock' }), pretrained],
          linear({ units: 3, biasInitializer: filled(4), name: 'code' }),
          ...[linear({ units: 64, biasInitializer: filled(3), name: 'last' }), reshape({ targetShape: [8, 8, 1] })],
        ],
      },
      scheme,
    );
    expect(values(ae, 'ours')).toEqual([
      [1, 1],
      [0, 0],
    ]);
    expect(values(ae, 'built')).toEqual([
      [7, 7, 7, 7],
      [8, 8],
    ]);
    expect(
      values(ae, 'stock')
        .flat()
        .every((value) => value === 0),
    ).toBe(true);
    expect(values(ae, 'pretrained')).toEqual([
      [5, 5, 5, 5],
      [6, 6],
    ]);
    expect(values(ae, 'code')[1]).toEqual([4, 4, 4]);
    expect(values(ae, 'last')[1]).toEqual(Array(64).fill(3));
    expect(values(ae, 'last')[0].some((value) => value !== 0)).toBe(true);
    ae.dispose();
  });

  it('draws the same weights whether ReLU is an option of a layer or a separate layer', async () => {
    const inside = [
      conv2d({ filters: 4, kernelSize: 3, activation: 'relu' }),
      conv2d({ filters: 6, kernelSize: 3, activation: 'relu' }),
    ];
    const beside = [
      conv2d({ filters: 4, kernelSize: 3 }),
      relu(),
      conv2d({ filters: 6, kernelSize: 3 }),
      layers.activation({ activation: 'relu' }),
    ];
    const [first, second] = [
      await initialized(withLayers(...inside), scheme),
      await initialized(withLayers(...beside), scheme),
    ];
    const all = (ae: Autoencoder) => ae.model.getWeights().map((weight) => Array.from(weight.dataSync()));
    expect(all(first)).toEqual(all(second));
    for (const ae of [first, second]) ae.dispose();
  });

  it('draws everything from the seed', async () => {
    const build = (seed: number) =>
      initialized(
        withLayers(
          layers.separableConv2d({ filters: 3, kernelSize: 3, depthMultiplier: 2 }),
          layers.prelu({ alphaInitializer: 'randomUniform' }),
          layers.batchNormalization({ gammaInitializer: 'randomNormal' }),
          layers.depthwiseConv2d({ kernelSize: 3, depthwiseInitializer: 'heNormal' }),
          layers.reshape({ targetShape: [16, 3] }),
          layers.timeDistributed({ layer: layers.dense({ units: 2 }) }),
        ),
        scheme,
        seed,
      );
    const [first, again, other] = [await build(1), await build(1), await build(2)];
    const all = (ae: Autoencoder) => ae.model.getWeights().map((weight) => Array.from(weight.dataSync()));
    expect(all(first)).toEqual(all(again));
    for (const [i, weight] of all(first).entries()) {
      if (new Set(weight).size > 2) expect(weight).not.toEqual(all(other)[i]);
    }
    for (const ae of [first, again, other]) ae.dispose();
  });

  it('draws depthwise kernels in the range given by their inputs, like PyTorch with groups', async () => {
    const ae = await initialized(
      withLayers(
        conv2d({ filters: 32, kernelSize: 1 }),
        layers.depthwiseConv2d({ kernelSize: 3, name: 'depthwise' }),
        layers.separableConv2d({ filters: 4, kernelSize: 3, name: 'separable' }),
      ),
      scheme,
    );
    const largest = (list: number[]) => Math.max(...list.map(Math.abs));
    const [[depthwise], [separable, pointwise]] = [values(ae, 'depthwise'), values(ae, 'separable')];
    for (const [kernel, sum] of [
      [depthwise, 9],
      [separable, 9],
      [pointwise, 32],
    ] as const) {
      expect(largest(kernel)).toBeLessThanOrEqual(1 / Math.sqrt(sum));
      expect(largest(kernel)).toBeGreaterThan(0.9 / Math.sqrt(sum));
    }
    ae.dispose();
  });
});

it('makes a final sigmoid start with gray, like other final layers', async () => {
  const options = (activation: 'linear' | 'sigmoid'): AutoencoderOptions => ({
    inputShape: [4, 4, 1],
    layers: [
      flatten(),
      linear({ units: 3, name: 'code' }),
      layers.dense({ units: 16, activation }),
      reshape({ targetShape: [4, 4, 1] }),
    ],
  });
  for (const activation of ['linear', 'sigmoid'] as const) {
    const ae = await initialized(options(activation));
    const gray = tf.fill<tf.Rank.R4>([1, 4, 4, 1], 0.498);
    const output = ae.forward(gray);
    for (const value of Array.from(output.dataSync())) expect(value).toBeCloseTo(0.5, 1);
    tf.dispose([gray, output]);
    ae.dispose();
  }
});

it('refuses unknown schemes', async () => {
  await expect(initialized({}, 'xavier' as 'torch')).rejects.toThrow('scheme: expected one of projection, torch');
});
