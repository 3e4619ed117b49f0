import {
  conv2d,
  conv2dTranspose,
  flatten,
  linear,
  maxPooling2d,
  maxUnpooling2d,
  relu,
  reshape,
  type Sequential,
} from '@ae/layers';
import { AutoencoderError } from '../errors/errors';
import type { PresetName } from './options';
import { addTransform } from './transform/architecture';
import { VariationalCode } from './variational-code';

/** Adds the layers of an architecture to `net`, whose input shape is set. The layer named 'code' ends the encoder. */
export type Architecture = (
  net: Sequential,
  options: { codeSize?: number; coefficients?: number; variational?: boolean },
) => void;

/** The layer whose output is the code. */
export const codeLayerName = 'code';

/**
 * The blog post's encoder and a decoder that mirrors it: 3x3 convolutions without padding, undone by transposed ones.
 * For 64x64 RGB: 64 - 62 - 60 - pool 30 - 28 - pool 14, code 1568, and back. The code is by default a third of the
 * features it is computed from (24 x 14 x 14 = 4704), as it is there, and of images above 128x128 as large as memory allows.
 */
const mirror: Architecture = (net, { codeSize, variational }) => {
  const channels = net.outputShape[2];
  net
    .add(conv2d({ filters: 12, kernelSize: 3, kernelInitializer: 'zeros', name: 'conv1' }))
    .add(relu({ name: 'relu1' }));
  net
    .add(conv2d({ filters: 12, kernelSize: 3, kernelInitializer: 'zeros', name: 'conv2' }))
    .add(relu({ name: 'relu2' }));
  net.add(maxPooling2d({ poolSize: 2, name: 'pool1' }));
  net
    .add(conv2d({ filters: 24, kernelSize: 3, kernelInitializer: 'zeros', name: 'conv3' }))
    .add(relu({ name: 'relu3' }));
  net.add(maxPooling2d({ poolSize: 2, name: 'pool2' }));
  addCode(net, (features) => codeSize ?? defaultCode(Math.round(features / 3), features), variational);
  net.add(maxUnpooling2d({ pool: 'pool2', name: 'unpool2' }));
  net
    .add(conv2dTranspose({ filters: 12, kernelSize: 3, kernelInitializer: 'zeros', name: 'deconv3' }))
    .add(relu({ name: 'relu4' }));
  net.add(maxUnpooling2d({ pool: 'pool1', name: 'unpool1' }));
  net
    .add(conv2dTranspose({ filters: 12, kernelSize: 3, kernelInitializer: 'zeros', name: 'deconv2' }))
    .add(relu({ name: 'relu5' }));
  net.add(conv2dTranspose({ filters: channels, kernelSize: 3, kernelInitializer: 'zeros', name: 'deconv1' }));
};

/**
 * The network of the author's repository as it ran in 2016: convolutions with padding 1, before each unpooling, and a
 * second unpooling of 12 channels by the first 12 channels of a 24-channel mask. For 64x64 RGB the code is computed
 * from 24 x 16 x 16 = 6144 features.
 */
const torch7: Architecture = (net, { codeSize, variational }) => {
  const channels = net.outputShape[2];
  const conv = (filters: number, name: string) =>
    conv2d({ filters, kernelSize: 3, kernelInitializer: 'zeros', padding: 'same', name });
  net.add(conv(12, 'conv1')).add(relu({ name: 'relu1' }));
  net.add(conv(12, 'conv2')).add(relu({ name: 'relu2' }));
  net.add(maxPooling2d({ poolSize: 2, name: 'pool1' }));
  net.add(conv(24, 'conv3')).add(relu({ name: 'relu3' }));
  net.add(maxPooling2d({ poolSize: 2, name: 'pool2' }));
  addCode(net, (features) => codeSize ?? defaultCode(1568, features), variational);
  net.add(conv(12, 'conv4')).add(relu({ name: 'relu4' }));
  net.add(maxUnpooling2d({ pool: 'pool2', mask: 'torch7', name: 'unpool2' }));
  net.add(conv(12, 'conv5')).add(relu({ name: 'relu5' }));
  net.add(maxUnpooling2d({ pool: 'pool1', name: 'unpool1' }));
  net.add(conv(channels, 'conv6'));
};

/** 1 GiB of float32, of which training needs several: more than any engine here takes. */
const maxMatrixValues = 2 ** 28;
/** What a default may take of it: a little more than the code of 128x128 images, which trains on the wasm engine. */
const maxDefaultValues = 160e6;

/** The code that a preset prefers, or the largest that images of this size leave memory for. */
function defaultCode(preferred: number, features: number): number {
  return Math.max(1, Math.min(preferred, Math.floor(maxDefaultValues / features)));
}

/** Adds the code of the features so far, linear or variational, and the linear layer that brings them back to their shape. */
function addCode(net: Sequential, codeSizeOf: (features: number) => number, variational = false): void {
  const shape = net.outputShape;
  const features = shape.reduce((product, size) => product * size, 1);
  net.add(flatten({ name: 'features' }));
  const units = codeSizeOf(features);
  const most = Math.floor(maxMatrixValues / features);
  if (units > most) {
    throw new AutoencoderError('INVALID_OPTION', {
      where: 'codeSize',
      expected: `at most ${most} for the ${features} features of such an image`,
      received: String(units),
      todo: 'choose a smaller code or smaller images',
    });
  }
  const code = { units, name: codeLayerName };
  net.add(variational ? new VariationalCode(code) : linear({ kernelInitializer: 'zeros', ...code }));
  net.add(linear({ kernelInitializer: 'zeros', units: features, name: 'decode' }));
  net.add(reshape({ targetShape: shape, name: 'unflatten' }));
}

/** The architectures that `new Autoencoder({ preset })` knows by name. */
export const presets: Record<PresetName, Architecture> = { mirror, torch7, transform: addTransform };
