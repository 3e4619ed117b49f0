import type * as tf from '@tensorflow/tfjs-core';
import type { ImageShape } from '../data/samples';
import { AutoencoderError, invalidOption, inWords } from '../errors/errors';

/** Tells whether a value is a tensor, of any shape. */
export function isTensor(value: unknown): value is tf.Tensor4D {
  return typeof value === 'object' && value !== null && 'dataId' in value && 'shape' in value;
}

/** Throws SHAPE_MISMATCH unless images have a shape that a network takes. */
export function checkImages(
  images: tf.Tensor4D,
  { inputShape, takesAnySize }: { readonly inputShape: ImageShape; readonly takesAnySize: boolean },
): void {
  checkTensors('images', [images]);
  const [count, height, width, channels] = images.shape;
  const isLike = images.shape.length === 4 && count > 0 && channels === inputShape[2];
  const isOwn = height === inputShape[0] && width === inputShape[1];
  if (isLike && (isOwn || (takesAnySize && height > 0 && width > 0))) return;
  const expected = takesAnySize
    ? `a tensor [N, height, width, ${inputShape[2]}]`
    : `a tensor [N, ${inputShape.join(', ')}]`;
  throw new AutoencoderError('SHAPE_MISMATCH', { where: 'images', expected, received: shapeInWords(images.shape) });
}

/** Returns tensors that can be used; throws SHAPE_MISMATCH for values that are not tensors or have been disposed of. */
export function checkTensors(where: string, tensors: readonly tf.Tensor[]): readonly tf.Tensor[] {
  for (const tensor of tensors) {
    if (!isTensor(tensor)) throw notTensor(where, tensor);
    if (!tensor.isDisposed) continue;
    const parts = { where, expected: 'a tensor with values', received: 'one that has been disposed of' };
    throw new AutoencoderError('SHAPE_MISMATCH', parts);
  }
  return tensors;
}

/** Returns a list of masks; throws INVALID_OPTION for anything else. */
export function checkMasks(masks: readonly tf.Tensor4D[]): readonly tf.Tensor4D[] {
  if (Array.isArray(masks)) return masks;
  throw invalidOption('decode, masks', 'a list of the masks that encode() returned, or []', masks);
}

function notTensor(where: string, value: unknown): AutoencoderError {
  return new AutoencoderError('SHAPE_MISMATCH', {
    where,
    expected: 'a tensor [N, height, width, channels]',
    received: inWords(value),
  });
}

/** Formats a shape for errors: "[1, 16, 16, 3]". */
export function shapeInWords(shape: readonly (number | null)[]): string {
  return `[${shape.join(', ')}]`;
}
