import * as tf from '@tensorflow/tfjs-core';
import { DtypeError, formatShape, ShapeError } from '../errors';

/**
 * Checks that a tensor is `[N, H, W, C]` and has the dtype.
 *
 * @throws ShapeError `SHAPE_MISMATCH`, DtypeError `DTYPE_MISMATCH`
 */
export function checkImages(where: string, name: string, tensor: tf.Tensor, dtype: 'float32' | 'int32'): void {
  if (!(tensor instanceof tf.Tensor) || tensor.rank !== 4) {
    const received = tensor instanceof tf.Tensor ? `shape ${formatShape(tensor.shape)}` : typeof tensor;
    throw new ShapeError({ where, expected: `${name} as a tensor of shape [N, H, W, C]`, received });
  }
  if (tensor.dtype !== dtype) {
    throw new DtypeError({ where, expected: `${name} as ${dtype}`, received: tensor.dtype, todo: 'cast it first' });
  }
}
