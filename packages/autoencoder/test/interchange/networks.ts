/** Networks and images that other runtimes must agree on. */
import {
  BlockTransform2D,
  blockTransform2d,
  conv2d,
  conv2dTranspose,
  flatten,
  InverseBlockTransform2D,
  InverseZonalCode,
  inverseBlockTransform2d,
  inverseZonalCode,
  linear,
  maxPooling2d,
  maxUnpooling2d,
  relu,
  reshape,
  residual,
  ZonalCode,
  zonalCode,
} from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, layers } from '@tensorflow/tfjs-layers';
import { Random } from '../../src/data/random';
import { Autoencoder, type AutoencoderOptions, type Sample } from '../../src/entries/index';

const rgb16 = [16, 16, 3] as const;
const up = (filters: number) => conv2dTranspose({ filters, kernelSize: 5, strides: 2, padding: 'same' });

/** By name. Each has weights that are multiples of 1/8 and images of few levels: all that is pooled is exact, and full of ties. */
export const networks: Readonly<Record<string, () => AutoencoderOptions>> = {
  mirror: () => ({ preset: 'mirror', inputShape: rgb16 }),
  torch7: () => ({ preset: 'torch7', inputShape: rgb16, pixels: { channelOrder: 'bgr' } }),
  'variational mirror': () => ({ variational: true, inputShape: rgb16 }),
  transform: () => ({ preset: 'transform', inputShape: rgb16, codeSize: 40 }),
  'variational transform': () => ({ preset: 'transform', variational: true, inputShape: rgb16, codeSize: 40 }),
  'transform of blocks': () => ({ preset: 'transform', inputShape: [66, 70, 1], codeSize: 40 }),
  'transform of parts of blocks': () => ({ preset: 'transform', inputShape: [65, 67, 1], codeSize: 40 }),
  'strided convolutions': () => ({
    inputShape: [20, 12, 3],
    layers: [
      conv2d({ filters: 8, kernelSize: 5, strides: 2, padding: 'same' }),
      relu(),
      conv2d({ filters: 4, kernelSize: [5, 3], strides: 2, padding: 'same', name: 'code' }),
      up(8),
      layers.leakyReLU({ alpha: 0.2 }),
      up(3),
    ],
  }),
  'pools of all kinds': () => ({
    inputShape: [17, 15, 1],
    layers: [
      conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' }),
      maxPooling2d({ poolSize: [2, 3], padding: 1, name: 'oblong' }),
      maxPooling2d({ poolSize: 2, padding: 'same', name: 'odd' }),
      maxPooling2d({ poolSize: 1, strides: 2, name: 'sparse' }),
      flatten(),
      linear({ units: 9, name: 'code' }),
      linear({ units: 24 }),
      reshape({ targetShape: [3, 2, 4] }),
      maxUnpooling2d({ pool: 'sparse' }),
      maxUnpooling2d({ pool: 'odd' }),
      maxUnpooling2d({ pool: 'oblong' }),
      conv2dTranspose({ filters: 1, kernelSize: 2, padding: 'same' }),
    ],
  }),
  'layers of tf.layers': () => ({
    inputShape: [12, 12, 2],
    layers: [
      layers.zeroPadding2d({
        padding: [
          [1, 2],
          [0, 1],
        ],
      }),
      layers.cropping2D({
        cropping: [
          [0, 3],
          [1, 0],
        ],
      }),
      layers.depthwiseConv2d({ kernelSize: 3, padding: 'same', depthMultiplier: 2 }),
      layers.batchNormalization(),
      layers.separableConv2d({ filters: 6, kernelSize: 3, activation: 'tanh' }),
      layers.dropout({ rate: 0.5 }),
      layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
      residual([conv2d({ filters: 6, kernelSize: 1, activation: 'sigmoid' })]),
      layers.maxPooling2d({ poolSize: 2, strides: 1, name: 'code' }),
      layers.elu(),
      layers.upSampling2d({ size: [3, 3] }),
      conv2d({ filters: 2, kernelSize: 1, activation: 'softmax' }),
    ],
  }),
};

/** Networks of zonal codes, whose fixed weights `setFixed` chooses. */
export const zonalNetworks: Readonly<Record<string, () => AutoencoderOptions>> = {
  'zonal codes of blocks': () => ({
    inputShape: [16, 24, 3],
    layers: [
      blockTransform2d({ blockSize: 8, coefficients: 40 }),
      ofRank(3, layers.dense({ units: 24 })),
      zonalCode({ zones: 5, numbers: 9 }),
      flatten({ name: 'code' }),
      reshape({ targetShape: [2, 3, 9] }),
      inverseZonalCode({ zones: 5, values: 24 }),
      ofRank(3, layers.dense({ units: 40 })),
      inverseBlockTransform2d({ blockSize: 8, outputShape: [16, 24, 3] }),
    ],
  }),
  'zonal codes of features': () => ({
    inputShape: [4, 6, 2],
    layers: [
      conv2d({ filters: 3, kernelSize: 3, padding: 'same' }),
      flatten(),
      zonalCode({ zones: 4, numbers: 20, name: 'code' }),
      inverseZonalCode({ zones: 4, values: 72 }),
      reshape({ targetShape: [4, 6, 3] }),
      conv2d({ filters: 2, kernelSize: 1 }),
    ],
  }),
};

/** More that PyTorch has a form of. */
export const torchNetworks: Readonly<Record<string, () => AutoencoderOptions>> = {
  ...networks,
  ...zonalNetworks,
  'odd strides': () => ({
    inputShape: [11, 9, 4],
    pixels: { channelOrder: 'bgr', scale: 1 },
    layers: [
      conv2d({ filters: 6, kernelSize: 3, strides: 2, padding: 'same' }),
      layers.batchNormalization({ scale: false }),
      layers.thresholdedReLU({ theta: 2 }),
      layers.averagePooling2d({ poolSize: 2, strides: 1, padding: 'same' }),
      layers.prelu({ alphaInitializer: 'ones' }),
      conv2d({ filters: 3, kernelSize: 2, padding: 'same', dilationRate: 2, name: 'code' } as never),
      layers.upSampling2d({ size: [2, 2], interpolation: 'bilinear' }),
      layers.gaussianNoise({ stddev: 0.5 }),
      conv2dTranspose({ filters: 4, kernelSize: [1, 3], padding: 'same', useBias: false, name: 'forward' }),
      layers.cropping2D({
        cropping: [
          [1, 0],
          [0, 1],
        ],
      }),
      conv2dTranspose({ filters: 4, kernelSize: 1, strides: 1, name: '2-up.x' }),
    ],
  }),
  'global pools': () => ({
    inputShape: [4, 6, 3],
    layers: [
      conv2d({ filters: 5, kernelSize: 3, padding: 'same', activation: 'relu' }),
      layers.globalAveragePooling2d({ name: 'code' }),
      linear({ units: 72 }),
      reshape({ targetShape: [4, 6, 3] }),
    ],
  }),
  'features in any order': () => ({
    inputShape: [4, 6, 2],
    layers: [
      conv2d({ filters: 3, kernelSize: 1, activation: 'hardSigmoid' }),
      layers.permute({ dims: [2, 1, 3] }),
      flatten(),
      layers.batchNormalization(),
      layers.dense({ units: 24, activation: 'swish' }),
      layers.batchNormalization({ center: false }),
      layers.reLU({ maxValue: 6 }),
      reshape({ targetShape: [2, 4, 3] }),
      conv2d({ filters: 3, kernelSize: 2, padding: 'same', activation: 'softmax' }),
      flatten({ name: 'code' }),
      layers.activation({ activation: 'softmax' }),
      reshape({ targetShape: [8, 3] }),
      ofRank(2, layers.dense({ units: 6 })),
      layers.softmax({ axis: 2 }),
      reshape({ targetShape: [4, 6, 2] }),
      residual([ofRank(3, layers.dense({ units: 2, trainable: false }))]),
    ],
  }),
};

/** More that ONNX has a form of. */
export const onnxNetworks: Readonly<Record<string, () => AutoencoderOptions>> = {
  ...torchNetworks,
  'normalized positions': () => ({
    inputShape: [4, 6, 3],
    layers: [
      conv2d({ filters: 5, kernelSize: 3, padding: 'same' }),
      layers.layerNormalization(),
      flatten(),
      layers.layerNormalization({ epsilon: 0.5, scale: false }),
      linear({ units: 7, name: 'code' }),
      linear({ units: 72 }),
      layers.layerNormalization({ center: false }),
      reshape({ targetShape: [4, 6, 3] }),
    ],
  }),
};

/** What Keras has a form of, whatever computes it: its PyTorch averages otherwise where windows reach past an image. */
const kerasNetworks: Readonly<Record<string, () => AutoencoderOptions>> = {
  'layers of Keras': () => ({
    inputShape: [12, 12, 2],
    layers: [
      layers.depthwiseConv2d({ kernelSize: 3, padding: 'same', depthMultiplier: 2 }),
      layers.batchNormalization(),
      layers.separableConv2d({ filters: 6, kernelSize: 3, activation: 'tanh' }),
      layers.dropout({ rate: 0.5 }),
      layers.averagePooling2d({ poolSize: 2 }),
      residual([conv2d({ filters: 6, kernelSize: 1, activation: 'swish' })]),
      maxPooling2d({ poolSize: 2, strides: 1 }),
      flatten(),
      linear({ units: 5, name: 'code' }),
      layers.dense({ units: 16, activation: 'elu' }),
      layers.leakyReLU({ alpha: 0.125 }),
      reshape({ targetShape: [4, 4, 1] }),
      layers.upSampling2d({ size: [3, 3] }),
      layers.cropping2D({
        cropping: [
          [1, 0],
          [0, 2],
        ],
      }),
      layers.zeroPadding2d({
        padding: [
          [0, 1],
          [2, 0],
        ],
      }),
      conv2d({ filters: 2, kernelSize: 1, activation: 'softmax' }),
    ],
  }),
};

/** Sequential takes a dense layer on images for a flatten() that was forgotten, unless the layer says that it means it. */
function ofRank<L extends layers.Layer>(rank: number, layer: L): L {
  layer.inputSpec = [{ ndim: rank + 1 }];
  return layer;
}

/** Makes a network whose weights are multiples of 1/8; the fixed ones of block transforms stay. */
export async function madeNetwork(name: string): Promise<Autoencoder> {
  const network = new Autoencoder({ ...onnxNetworks, ...kerasNetworks }[name]());
  await network.initialize({ seed: 3 });
  const random = new Random(5);
  for (const weight of network.model.trainableWeights) {
    const size = tf.util.sizeFromShape(weight.shape as number[]);
    const values = Float32Array.from({ length: size }, () => ((random.uint32() % 5) - 2) / (size > 5000 ? 64 : 8));
    weight.write(tf.tensor(values, weight.shape as number[]));
  }
  if (Object.hasOwn(zonalNetworks, name)) setFixed(network.model);
  else if (network.takesAnySize) await network.computeStart(tiedSamples(300, network.inputShape, 9));
  return network;
}

/** Gives block transforms their first coefficients, and each zone other values; some of the positions are outside. */
function setFixed({ layers: all }: LayersModel): void {
  for (const layer of all) {
    const [first, second] = layer.weights.map(({ shape }) => shape as number[]);
    if (layer instanceof BlockTransform2D || layer instanceof InverseBlockTransform2D) {
      layer.setWeights([tf.eye(first[0]), tf.minimum(tf.range(0, second[0]), 40)]);
    } else if (layer instanceof ZonalCode || layer instanceof InverseZonalCode) {
      const positions = tf.buffer([first[0], first[1]]);
      for (let zone = 0; zone < first[0]; zone++) {
        for (let i = 0; i < first[1]; i++) positions.set((zone * 7 + i * (1 + 4 * (zone % 2))) % second[0], zone, i);
        positions.set(zone % 2 ? -1 : 1000, zone, zone);
      }
      layer.setWeights([positions.toTensor(), tf.div(tf.mod(tf.range(0, second[0]), 5), 8)]);
    }
  }
}

/** Images of four levels, in which most windows have more than one maximum. */
export function tiedSamples(
  count: number,
  [height, width, channels]: readonly number[],
  seed = 7,
): Sample<Uint8Array>[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const data = Uint8Array.from({ length: height * width * channels }, () => (random.uint32() % 4) * 64);
    return { channels, height, width, data };
  });
}
