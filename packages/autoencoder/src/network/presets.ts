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
import type { TransformOptions } from './transform/block-plan';
import { VariationalCode } from './variational-code';

/** Adds the layers of an architecture to `net`, whose input shape is set. The layer named 'code' ends the encoder. */
export type Architecture = (net: Sequential, options: TransformOptions) => void;

/** The layer whose output is the code. */
export const codeLayerName = 'code';

/** 3x3 convolutions that keep the size of the image, as in the author's repository of 2016. */
const same = { kernelSize: 3, kernelInitializer: 'zeros', padding: 'same' } as const;

/** Size of the post's code as a fraction of the features: 1568 of 24 x 16 x 16. */
const codePart = 1568 / 6144;

/**
 * The author's encoder, and the decoder that the blog post describes, which mirrors it: transposed convolutions undo convolutions, and
 * unpooling undoes pooling. For 64x64 RGB: 64 - 64 - pool 32 - 32 - pool 16, code 1568, and back. For images of other sizes, the default
 * code is the same fraction of the features; above 128x128, it is as large as memory allows.
 *
 * The post's listing has no padding, so that a pixel at the edge depends on as little as one position of the feature maps: the outermost
 * four pixels caused 60 % of such a network's error.
 */
const mirror: Architecture = (net, { codeSize, variational }) => {
  const channels = net.outputShape[2];
  addEncoder(net, (features) => codeSize ?? defaultCode(Math.round(features * codePart), features), variational);
  const deconv = (filters: number, name: string) => conv2dTranspose({ filters, ...same, name });
  net.add(maxUnpooling2d({ pool: 'pool2', name: 'unpool2' }));
  net.add(deconv(12, 'deconv3')).add(relu({ name: 'relu4' }));
  net.add(maxUnpooling2d({ pool: 'pool1', name: 'unpool1' }));
  net.add(deconv(12, 'deconv2')).add(relu({ name: 'relu5' }));
  net.add(deconv(channels, 'deconv1'));
};

/**
 * The network of the author's repository as it was in 2016: with convolutions in the decoder, too, each before an unpooling, and a second
 * unpooling of 12 channels by the first 12 channels of a 24-channel mask.
 */
const torch7: Architecture = (net, { codeSize, variational }) => {
  const channels = net.outputShape[2];
  addEncoder(net, (features) => codeSize ?? defaultCode(1568, features), variational);
  const conv = (filters: number, name: string) => conv2d({ filters, ...same, name });
  net.add(conv(12, 'conv4')).add(relu({ name: 'relu4' }));
  net.add(maxUnpooling2d({ pool: 'pool2', mask: 'torch7', name: 'unpool2' }));
  net.add(conv(12, 'conv5')).add(relu({ name: 'relu5' }));
  net.add(maxUnpooling2d({ pool: 'pool1', name: 'unpool1' }));
  net.add(conv(channels, 'conv6'));
};

/** Adds two levels of convolutions and pools, and the code: for 64x64 images, of 24 x 16 x 16 = 6144 features. */
function addEncoder(net: Sequential, codeSizeOf: (features: number) => number, variational?: boolean): void {
  const conv = (filters: number, name: string) => conv2d({ filters, ...same, name });
  net.add(conv(12, 'conv1')).add(relu({ name: 'relu1' }));
  net.add(conv(12, 'conv2')).add(relu({ name: 'relu2' }));
  net.add(maxPooling2d({ poolSize: 2, name: 'pool1' }));
  net.add(conv(24, 'conv3')).add(relu({ name: 'relu3' }));
  net.add(maxPooling2d({ poolSize: 2, name: 'pool2' }));
  addCode(net, codeSizeOf, variational);
}

/** 1 GiB of float32, of which training needs several: more than any engine here can take. */
const maxMatrixValues = 2 ** 28;
/** The limit for a default: slightly more than the code of 128x128 images, which can be trained on the wasm engine. */
const maxDefaultValues = 160e6;

/** Returns the code size that a preset prefers, or the largest one that images of this size leave memory for. */
function defaultCode(preferred: number, features: number): number {
  return Math.max(1, Math.min(preferred, Math.floor(maxDefaultValues / features)));
}

/** Adds the code of the features so far, linear or variational, and the linear layer that restores their shape. */
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

/** The architectures that `new Autoencoder({ preset })` knows, by name. */
export const presets: Record<PresetName, Architecture> = { mirror, torch7, transform: addTransform };
