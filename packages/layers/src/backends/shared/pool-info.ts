import * as tf from '@tensorflow/tfjs-core';
import type { MaxPoolWithArgmaxAttrs } from '../../contracts/pooling-kernels';

/** Returns the positions of the windows of MaxPoolWithArgmax, and the shape of its outputs. */
export function poolInfoOf(
  x: tf.TensorInfo,
  { filterSize, strides, pad }: MaxPoolWithArgmaxAttrs,
): tf.backend_util.Conv2DInfo {
  return tf.backend_util.computePool2DInfo(x.shape as [number, number, number, number], filterSize, strides, 1, pad);
}
