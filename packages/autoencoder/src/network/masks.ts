/**
 * What the pooling masks are, how large they are, and substitutes for an image's own masks. The masks tell a decoder where each maximum
 * was, so they carry much of the image besides the code: scores say which masks were used.
 */
import type { MaxPooling2D } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { ImageShape } from '../data/samples';
import type { Network } from './network';
import { variationalCodeOf } from './variational-code';

/**
 * The masks that the decoder gets: `own`, those of the image itself; `fixed`, with every maximum in the top left of its window, without
 * information about any image; `other`, those of another image: image i of n gets the masks of image `(i + floor(n / 2)) mod n`, half the
 * source away, so that neighbors of the same class do not help each other.
 */
export type MaskMode = 'own' | 'fixed' | 'other';

export const maskModes: readonly MaskMode[] = ['own', 'fixed', 'other'];

/**
 * The masks that a network's decoder was trained with, and gets by default: its images' own; for a variational network, from which new
 * images without masks are drawn, fixed ones.
 */
export function usualMasks({ encoder }: Network): MaskMode {
  return encoder.outputs.length > 1 && variationalCodeOf(encoder) ? 'fixed' : 'own';
}

/** The mask of one pooling layer, for one image. */
export interface MaskInfo {
  /** Name of the pooling layer. */
  readonly pool: string;
  /** Shape of the mask tensor, `[h, w, C]`. */
  readonly shape: ImageShape;
  /** Number of channels that the decoder uses; preset torch7 uses the first half of one mask. */
  readonly usedChannels: number;
  /** Bits that encode the position of a maximum in its window: 2 for 2x2. */
  readonly bitsPerValue: number;
  /** Size of the part that the decoder uses, rounded up to whole bytes. */
  readonly bytes: number;
}

/** Sizes of an image, its code and its masks. */
export interface CodeSizes {
  /** The image itself, one byte per value. */
  readonly imageBytes: number;
  /** Number of values in the code. */
  readonly codeNumbers: number;
  /** Shape of the code as a small image: rows and columns of blocks, and the numbers of each; otherwise `[codeNumbers]`. */
  readonly codeShape: readonly number[];
  /** Size of the code as float32. */
  readonly codeBytes: number;
  /** Size of all masks together. */
  readonly maskBytes: number;
  /** Each mask, first pool first. */
  readonly masks: readonly MaskInfo[];
}

/** Returns the sizes in bytes of an image, its code and its masks. Default: for the size that the network was made for. */
export function measureSizes(network: Network, [height, width, channels]: ImageShape = network.inputShape): CodeSizes {
  const { encoder, decoder } = network;
  const [, ...masks] = encoder.outputs;
  const infos = masks.map((mask, i) => describeMask(mask, decoder, i));
  const codeShape = network.codeShape([height, width]);
  const codeNumbers = tf.util.sizeFromShape([...codeShape]);
  return {
    imageBytes: height * width * channels,
    codeNumbers,
    codeShape,
    codeBytes: 4 * codeNumbers,
    maskBytes: infos.reduce((sum, { bytes }) => sum + bytes, 0),
    masks: infos,
  };
}

function describeMask(mask: SymbolicTensor, decoder: LayersModel, i: number): MaskInfo {
  const pool = mask.sourceLayer as MaxPooling2D;
  const shape = mask.shape.slice(1) as unknown as ImageShape;
  const usedChannels = channelsUsed(decoder, decoder.inputs[i + 1]);
  const [windowHeight, windowWidth] = pool.options.poolSize;
  const bitsPerValue = Math.ceil(Math.log2(windowHeight * windowWidth));
  const bytes = Math.ceil((bitsPerValue * shape[0] * shape[1] * usedChannels) / 8);
  return { pool: pool.name, shape, usedChannels, bitsPerValue, bytes };
}

/** Returns the number of channels that are put in place by the mask from `input`. */
function channelsUsed(decoder: LayersModel, input: SymbolicTensor): number {
  const nodes = decoder.layers.flatMap((layer) => layer.inboundNodes);
  const uses = nodes.filter((node) => node.inputTensors.includes(input) && node.inputTensors.length === 2);
  return Math.max(...uses.map((node) => node.inputTensors[0].shape[3] as number));
}

/** Makes masks `[count, h, w, C]` with every maximum at the first position of its window that is inside the image. */
export function fixedMasks({ encoder }: Network, count: number): tf.Tensor4D[] {
  return encoder.outputs.slice(1).map((mask) => {
    const shape = mask.shape.slice(1) as unknown as ImageShape;
    const indices = topLeftIndices(mask, shape);
    return tf.tidy(() => tf.tile(tf.tensor4d(indices, [1, ...shape], 'int32'), [count, 1, 1, 1]));
  });
}

function topLeftIndices(mask: SymbolicTensor, [height, width, channels]: ImageShape): Int32Array {
  const pool = mask.sourceLayer as MaxPooling2D;
  const [, inputHeight, inputWidth] = pool.inboundNodes[mask.nodeIndex].inputTensors[0].shape as number[];
  const rows = windowStarts(pool, 0, inputHeight, height);
  const columns = windowStarts(pool, 1, inputWidth, width);
  const indices = new Int32Array(height * width * channels);
  let at = 0;
  for (const y of rows) {
    for (const x of columns) {
      for (let c = 0; c < channels; c++) indices[at++] = (y * inputWidth + x) * channels + c;
    }
  }
  return indices;
}

/** Returns where each window starts along one axis (0: rows, 1: columns), or 0 if it starts in the padding. */
function windowStarts({ options }: MaxPooling2D, axis: 0 | 1, inputSize: number, outputSize: number): number[] {
  const { poolSize, strides, padding } = options;
  const total = Math.max(0, (outputSize - 1) * strides[axis] + poolSize[axis] - inputSize);
  const before = padding === 'valid' ? 0 : padding === 'same' ? Math.floor(total / 2) : padding[axis][0];
  return Array.from({ length: outputSize }, (_, i) => Math.max(0, i * strides[axis] - before));
}
