import { inWords } from '@ae/ground/in-words';
import * as tf from '@tensorflow/tfjs-core';
import { MaxPoolWithArgmaxGrad, MaxUnpool, type MaxUnpoolAttrs, MaxUnpoolGrad } from '../contracts/pooling-kernels';
import { formatShape, InvalidOptionError, MaskError } from '../errors';
import { checkImages } from './check-images';
import { checkOptions } from './checks';
import { checkKernels, runKernel } from './run-kernel';

/**
 * How the mask's shape must match the values.
 *
 * `'strict'`: the same shape. `'torch7'`: the mask may have more channels, and its first C are used, image by image. Torch7's CUDA code did
 * that implicitly in 2016; see the `torch7` preset of @ae/autoencoder.
 */
export type MaskMode = 'strict' | 'torch7';

/** Options of {@link maxUnpool} besides its tensors. */
export interface MaxUnpoolOptions {
  /** Default `'strict'`. */
  mask?: MaskMode;
  /**
   * Guarantees that no index occurs twice in an image, as after a pool whose windows do not overlap, which makes some backends faster. If
   * that is wrong, values that share a position may be written in any order or added. Default false.
   */
  distinctIndices?: boolean;
}

/**
 * Writes each value where the pool found its maximum, and zeros elsewhere: the counterpart of {@link maxPoolWithArgmax}.
 *
 * If an index occurs twice in an image, the last value in row-major order is written, as in PyTorch on a CPU, and on every backend.
 * Differentiable with respect to the values: each reads the gradient at its index, even if it was overwritten, as in PyTorch.
 *
 * @param values float32 `[N, h, w, C]`.
 * @param indices int32 `[N, h, w, C]`, each `(y * W + x) * C + c`, without the batch; with `mask: 'torch7'` `[N, h, w, M]` with M >= C, and
 * M instead of C in the formula. The backends cpu and tensorflow throw InvalidIndexError for one that is out of range; the others, which
 * cannot check every index cheaply, ignore its value.
 * @param outputSize `[H, W]`: the size of the pool's input.
 * @returns float32 `[N, H, W, C]`, which the caller disposes of.
 * @throws MaskError `MASK_MISMATCH` if values and mask do not match
 * @throws ShapeError `SHAPE_MISMATCH`, DtypeError `DTYPE_MISMATCH`: for other tensors
 * @throws InvalidOptionError `INVALID_OPTION`
 * @throws MissingKernelError `MISSING_KERNEL` if the backend's kernels are not registered
 */
export function maxUnpool(
  values: tf.Tensor4D,
  indices: tf.Tensor4D,
  outputSize: readonly [number, number],
  options: MaxUnpoolOptions = {},
): tf.Tensor4D {
  const where = 'maxUnpool';
  checkOptions(where, options, "mask: 'strict'");
  const { mask = 'strict', distinctIndices = false } = options;
  checkImages(where, 'values', values, 'float32');
  checkImages(where, 'indices', indices, 'int32');
  checkOutputSize(where, outputSize);
  checkMaskMode(where, mask);
  checkMaskShape(where, values.shape, indices.shape, mask);
  checkKernels(where);
  const attrs: MaxUnpoolAttrs = { outputSize: [outputSize[0], outputSize[1]], distinct: distinctIndices };
  return runKernel(MaxUnpool, { values, indices }, attrs);
}

/** Checks that a size is two integers >= 1. @throws InvalidOptionError `INVALID_OPTION` */
export function checkOutputSize(where: string, size: readonly number[]): void {
  if (Array.isArray(size) && size.length === 2 && size.every((n) => Number.isInteger(n) && n >= 1)) return;
  throw new InvalidOptionError({
    where,
    expected: 'outputSize as [height, width], integers of at least 1',
    received: inWords(size),
  });
}

/** Checks that a mode is one of {@link MaskMode}. @throws InvalidOptionError `INVALID_OPTION` */
export function checkMaskMode(where: string, mode: unknown): asserts mode is MaskMode {
  if (mode === 'strict' || mode === 'torch7') return;
  throw new InvalidOptionError({ where, expected: "mask as 'strict' or 'torch7'", received: inWords(mode) });
}

/** Checks that a mask of one shape matches values of another. Unknown sizes (null) match everything. @throws MaskError `MASK_MISMATCH` */
export function checkMaskShape(
  where: string,
  values: readonly (number | null)[],
  mask: readonly (number | null)[],
  mode: MaskMode,
): void {
  const fits = values.every((size, axis) => {
    const maskSize = mask[axis];
    if (size === null || maskSize === null || maskSize === undefined) return true;
    return mode === 'torch7' && axis === values.length - 1 ? maskSize >= size : maskSize === size;
  });
  if (fits && values.length === mask.length) return;
  const expected = mode === 'strict' ? 'the same shape as' : 'the shape of, or more channels than,';
  throw new MaskError({
    where,
    expected: `a mask of ${expected} the values`,
    received: `values ${formatShape(values)} and a mask of ${formatShape(mask)}`,
    todo: 'check that the mask belongs to the pool that this unpooling undoes',
  });
}

/** Converts a mask of M channels to one of C, for the same positions. All ops are exact in int32. */
function toChannels(indices: tf.Tensor4D, channels: number): tf.Tensor4D {
  const [batch, height, width, maskChannels] = indices.shape;
  if (maskChannels === channels) return indices;
  const first = tf.slice(indices, [0, 0, 0, 0], [batch, height, width, channels]);
  const channel = tf.tile(tf.reshape(tf.range(0, channels, 1, 'int32'), [1, 1, 1, channels]), [
    batch,
    height,
    width,
    1,
  ]);
  const position = tf.floorDiv(tf.sub(first, channel), tf.fill(first.shape, maskChannels, 'int32'));
  return tf.add(tf.mul(position, tf.fill(first.shape, channels, 'int32')), channel);
}

if (!tf.getGradient(MaxUnpool)) {
  tf.registerGradient({
    kernelName: MaxUnpool,
    inputsToSave: ['indices'],
    gradFunc: (dy, saved) => {
      const [indices] = saved as [tf.Tensor4D];
      return {
        values: () => runKernel(MaxUnpoolGrad, { dy: dy as tf.Tensor, indices }),
        // The tape asks for it if the mask depends on a weight, as it does in an autoencoder.
        indices: () => tf.zeros(indices.shape),
      };
    },
  });
}

if (!tf.getGradient(MaxUnpoolGrad)) {
  // Reading at the indices is linear in dy, and its transpose is adding at them.
  tf.registerGradient({
    kernelName: MaxUnpoolGrad,
    inputsToSave: ['dy', 'indices'],
    gradFunc: (ddvalues, saved) => {
      const [dy, indices] = saved as [tf.Tensor4D, tf.Tensor4D];
      const [, height, width, channels] = dy.shape;
      return {
        dy: () =>
          runKernel(
            MaxPoolWithArgmaxGrad,
            { dy: ddvalues as tf.Tensor, indices: toChannels(indices, channels) },
            { outputSize: [height, width] },
          ),
        indices: () => tf.zeros(indices.shape),
      };
    },
  });
}
