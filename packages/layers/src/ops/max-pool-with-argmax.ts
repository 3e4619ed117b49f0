import * as tf from '@tensorflow/tfjs-core';
import {
  MaxPoolWithArgmax,
  type MaxPoolWithArgmaxAttrs,
  MaxPoolWithArgmaxGrad,
  type MaxPoolWithArgmaxGradAttrs,
  MaxUnpoolGrad,
} from '../contracts/pooling-kernels';
import { checkImages } from './check-images';
import { computePoolGeometry, type PoolOptions, resolvePoolOptions } from './pool-geometry';
import { checkKernels, runKernel } from './run-kernel';

/** The result of {@link maxPoolWithArgmax}. The caller disposes of both. */
export interface PooledWithIndices {
  /** The maxima: float32 `[N, h, w, C]`. */
  values: tf.Tensor4D;
  /** Positions of the maxima: int32 `[N, h, w, C]`, each `(y * W + x) * C + c` in the pooled input, without the batch. */
  indices: tf.Tensor4D;
}

/**
 * Returns the maximum of each window, and its position.
 *
 * Output size: `floor((size + padding - poolSize) / strides) + 1`, or `ceil(size / strides)` with `'same'`. The first of equal maxima wins.
 * NaN wins over every number, and the last NaN over the others. Padding never wins. These are PyTorch's rules. Differentiable: the gradient
 * of the values is added at the indices; the indices have none.
 *
 * @param x float32 `[N, H, W, C]`; N may be 0.
 * @throws ShapeError `SHAPE_MISMATCH` if x does not have rank 4 or no window fits
 * @throws DtypeError `DTYPE_MISMATCH` if x is not float32
 * @throws InvalidOptionError `INVALID_OPTION`
 * @throws MissingKernelError `MISSING_KERNEL` if the backend's kernels are not registered
 */
export function maxPoolWithArgmax(x: tf.Tensor4D, options: PoolOptions): PooledWithIndices {
  const where = 'maxPoolWithArgmax';
  checkImages(where, 'x', x, 'float32');
  checkKernels(where);
  const resolved = resolvePoolOptions(where, options);
  const [, height, width, channels] = x.shape;
  const { padding } = computePoolGeometry(where, [height, width, channels], resolved);
  const attrs: MaxPoolWithArgmaxAttrs = {
    filterSize: resolved.poolSize,
    strides: resolved.strides,
    pad: [[0, 0], ...padding, [0, 0]],
    includeBatchInIndex: false,
  };
  const [values, indices] = runKernel<tf.Tensor4D[]>(MaxPoolWithArgmax, { x }, attrs);
  return { values, indices };
}

/** Converts indices that count across the whole batch (`includeBatchInIndex`) to indices within each image. */
function withoutBatch(indices: tf.Tensor4D, [batch, height, width, channels]: number[]): tf.Tensor4D {
  const imageSize = tf.scalar(height * width * channels, 'int32');
  const offsets = tf.mul(tf.range(0, batch, 1, 'int32'), imageSize);
  return tf.sub(indices, tf.reshape(offsets, [batch, 1, 1, 1]));
}

if (!tf.getGradient(MaxPoolWithArgmax)) {
  tf.registerGradient({
    kernelName: MaxPoolWithArgmax,
    inputsToSave: ['x'],
    outputsToSave: [false, true],
    gradFunc: (dy, saved, attrs) => {
      const [x, indices] = saved as [tf.Tensor4D, tf.Tensor4D];
      const [dvalues] = dy as tf.Tensor[];
      const gradAttrs: MaxPoolWithArgmaxGradAttrs = { outputSize: [x.shape[1], x.shape[2]] };
      return {
        x: () => {
          const local = attrs.includeBatchInIndex ? withoutBatch(indices, x.shape) : indices;
          return runKernel(MaxPoolWithArgmaxGrad, { dy: dvalues, indices: local }, gradAttrs);
        },
      };
    },
  });
}

if (!tf.getGradient(MaxPoolWithArgmaxGrad)) {
  // Adding dy at the indices is linear in dy, and its transpose is reading at them.
  tf.registerGradient({
    kernelName: MaxPoolWithArgmaxGrad,
    inputsToSave: ['indices'],
    gradFunc: (ddx, saved) => {
      const [indices] = saved as [tf.Tensor4D];
      return {
        dy: () => runKernel(MaxUnpoolGrad, { dy: ddx as tf.Tensor, indices }),
        indices: () => tf.zeros(indices.shape),
      };
    },
  });
}
