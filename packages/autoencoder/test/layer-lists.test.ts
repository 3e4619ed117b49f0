import {
  blockTransform2d,
  conv2d,
  conv2dTranspose,
  flatten,
  inverseBlockTransform2d,
  inverseZonalCode,
  linear,
  relu,
  reshape,
  residual,
  zonalCode,
} from '@ae/layers';
import { layers } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { Autoencoder, type TrainOptions, useBackend } from '../src/entries/index';
import { rectangleSamples } from './rectangles';

type Layer = layers.Layer;

const images = rectangleSamples(16, { size: 8 }).map((sample) => ({
  ...{ ...sample, channels: 1, data: sample.data.subarray(0, 64) },
}));
const back = () => reshape({ targetShape: [8, 8, 1] });
const same = { kernelSize: 3, padding: 'same' } as const;

const recipes: Record<string, TrainOptions> = {
  default: { recipe: 'default' },
  plain: { recipe: 'plain', averageDecay: 0.5, clipNorm: 1 },
  torch7: { recipe: 'torch7', records: { perEpoch: 16, passes: 1 } },
};

const lists: Record<string, () => Layer[]> = {
  'linear layers alone': () => [
    flatten(),
    linear({ units: 20 }),
    relu(),
    linear({ units: 6, name: 'code' }),
    linear({ units: 64 }),
    back(),
  ],
  'one convolution on each side': () => [
    conv2d({ filters: 4, ...same, name: 'code' }),
    conv2d({ filters: 1, ...same }),
  ],
  'strides, and no linear layer': () => [
    conv2d({ filters: 4, ...same, strides: 2, name: 'code' }),
    conv2dTranspose({ filters: 1, ...same, strides: 2 }),
  ],
  'linear layers and batch normalization': () => [
    ...[flatten(), linear({ units: 6 }), layers.batchNormalization({ name: 'code' }), linear({ units: 64 }), back()],
  ],
  'no kernel at all': () => [layers.batchNormalization({ name: 'code' }), layers.prelu()],
  'a frozen encoder': () => [
    flatten(),
    linear({ units: 6, name: 'code', trainable: false }),
    linear({ units: 64 }),
    back(),
  ],
  'one dimension': () => [
    reshape({ targetShape: [8, 8] }),
    ...[layers.conv1d({ filters: 4, ...same, name: 'code' }), layers.conv1d({ filters: 8, ...same }), back()],
  ],
};

async function build(list: Layer[]): Promise<Autoencoder> {
  const ae = new Autoencoder({ layers: list, inputShape: [8, 8, 1] });
  await ae.initialize();
  return ae;
}

beforeAll(async () => {
  await useBackend('wasm');
});

describe.each(Object.keys(recipes))('the recipe %s', (recipe) => {
  it.each(Object.keys(lists))('trains a network of %s', async (name) => {
    const ae = await build(lists[name]());
    const { epochs } = await ae.train(images, { epochs: 4, ...recipes[recipe] });
    expect(epochs[3].loss).toBeLessThan(epochs[0].loss);
    ae.dispose();
  });
});

it('updates linear layers in every step if there is nothing else to train', async () => {
  const ae = await build(lists['linear layers alone']());
  const kernel = () => Array.from(ae.model.getLayer('code').getWeights()[0].dataSync());
  const before = kernel();
  await ae.train(images, { epochs: 1, batchSize: 16 });
  expect(kernel()).not.toEqual(before);
  ae.dispose();
});

it.each<[string, () => Layer[]]>([
  ['has no code', () => [flatten(), linear({ units: 6 }), linear({ units: 64 }), back()]],
  ['ends with its code', () => [conv2d({ filters: 1, ...same, name: 'code' })]],
])('says what is missing in a network that %s', async (_, list) => {
  await expect(build(list())).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  await expect(build(list())).rejects.toThrow('expected a layer before the last one that is named "code"');
});

/** A dense layer for each position of an image. */
function matrix(units: number, name: string): Layer {
  const layer = layers.dense({ units, name, trainable: false, kernelInitializer: 'zeros' });
  layer.inputSpec = [{ ndim: 4 }];
  return layer;
}

function branch(name: string, stride: number, filters: number, channels: number) {
  const outer = { kernelSize: 2 * stride, strides: stride, padding: 'same' } as const;
  return residual([
    conv2d({ filters, ...outer, name: `${name}_down` }),
    relu(),
    conv2d({ filters, ...same, name: `${name}_conv` }),
    relu(),
    conv2dTranspose({ filters: channels, ...outer, kernelInitializer: 'zeros', name: `${name}_up` }),
  ]);
}

it.each([
  [30, 'a code too small for zones', [], []],
  [
    48,
    'zones',
    [zonalCode({ zones: 16, numbers: 48, name: 'zones' })],
    [inverseZonalCode({ zones: 16, values: 96, name: 'from_zones' })],
  ],
] as const)(
  'a list of layers does the same as preset transform with %i numbers, %s, bit for bit',
  async (codeSize, _, zones, fromZones) => {
    await useBackend('wasm');
    const samples = rectangleSamples(20, { size: 16 });
    const list = [
      branch('before', 2, 16, 3),
      blockTransform2d({ blockSize: 16, coefficients: 768, name: 'analysis' }),
      matrix(zones.length > 0 ? 96 : codeSize, 'to_code'),
      ...zones,
      flatten({ name: 'code' }),
      reshape({ targetShape: [1, 1, codeSize] }),
      ...fromZones,
      matrix(768, 'from_code'),
      inverseBlockTransform2d({ blockSize: 16, outputShape: [16, 16, 3], name: 'synthesis' }),
      branch('after', 4, 96, 3),
    ];
    const made: unknown[] = [];
    for (const options of [{ layers: list }, { preset: 'transform', codeSize }] as const) {
      const network = new Autoencoder({ ...options, inputShape: [16, 16, 3] });
      await network.initialize({ seed: 4 });
      await network.train(samples, { recipe: 'transform', seed: 4, epochs: 1 });
      expect(network.takesAnySize).toBe(true);
      made.push(network.model.getWeights().map((weight) => [...weight.dataSync()]));
      network.dispose();
    }
    expect(made[0]).toEqual(made[1]);
  },
);
