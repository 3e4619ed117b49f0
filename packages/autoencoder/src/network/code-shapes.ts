/** Shapes of codes and masks, by the size of their images. */
import type * as tf from '@tensorflow/tfjs-core';
import { AutoencoderError, checkNumber, invalidOption } from '../errors/errors';
import { checkMasks, checkTensors, shapeInWords } from './check-tensors';
import { type CodeSizes, measureSizes } from './masks';
import type { ImageSize, Network } from './network';

/**
 * Returns the sizes in bytes of an image, its code and its masks; throws SHAPE_MISMATCH for an image size that the network does not take.
 */
export function sizesOf(network: Network, size: ImageSize): CodeSizes {
  checkSides(size);
  checkSize(network, size);
  return measureSizes(network, [size[0], size[1], network.inputShape[2]]);
}

function checkSides(size: ImageSize): void {
  if (!Array.isArray(size) || size.length !== 2) throw invalidOption('size', '[height, width]', size);
  for (const side of size) checkNumber('size', side, { min: 1, integer: true });
}

function checkSize({ blocks, size: own }: Network, [height, width]: ImageSize): void {
  if (blocks || (height === own[0] && width === own[1])) return;
  throw new AutoencoderError('SHAPE_MISMATCH', {
    where: 'size',
    expected: `${own[0]}x${own[1]} (height x width), the only size that this network takes`,
    received: `${height}x${width}`,
    todo: 'train a network with preset transform for any size',
  });
}

/**
 * Returns the size of the images that a code and masks belong to: `given`, or the default. Throws SHAPE_MISMATCH if they belong to images
 * of another size.
 */
export function checkCode(
  network: Network,
  code: tf.Tensor2D | tf.Tensor4D,
  masks: readonly tf.Tensor4D[],
  given?: ImageSize,
): ImageSize {
  const inputs = checkTensors('decode', [code, ...checkMasks(masks)]);
  const { blocks } = network;
  const isImage = blocks && code.shape.length === 4;
  const whole = isImage ? blocks.wholeSize([code.shape[1], code.shape[2]]) : network.size;
  const size = given === undefined ? whole : given;
  const { codeNumbers, codeShape } = sizesOf(network, size);
  const shapes = network.decoder.inputs.map(({ shape }) => shape.slice(1));
  if (blocks) shapes[0] = isImage ? [...codeShape] : [codeNumbers];
  const expected = shapes.map((shape) => shapeInWords([code.shape[0], ...shape])).join(' and ');
  const received = inputs.map(({ shape }) => shapeInWords(shape)).join(' and ');
  if (expected === received) return size;
  const what = { where: 'decode', expected: `a code and masks of ${expected}`, received };
  throw new AutoencoderError('SHAPE_MISMATCH', what);
}
