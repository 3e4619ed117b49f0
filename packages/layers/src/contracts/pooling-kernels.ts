/**
 * Names the kernels of this package, with their inputs and attributes: the contract between the ops and every backend.
 *
 * All tensors are NHWC. N is the batch and may be 0. An *index* names a position of one image of the **pooled input**:
 * `(y * W + x) * C + c`, int32, without the batch; H, W and C are those of the pooled input. A backend registers all four
 * kernels or none: the ops take the presence of `MaxUnpool` as the sign that the backend follows the rules below.
 */
import { MaxPoolWithArgmax as stockMaxPoolWithArgmax } from '@tensorflow/tfjs-core';

/**
 * `{x: float32 [N, H, W, C]}` -> `[values float32 [N, h, w, C], indices int32 [N, h, w, C]]`.
 *
 * The name and the attributes are those of TensorFlow.js, so `tf.maxPoolWithArgmax` uses it, too. The stock kernels are replaced because
 * they disagree about NaN and windows of -Infinity. The rules here are PyTorch's: rows, then columns are visited in order; an element wins
 * if `value > best
 * isNaN(value)`, starting with the window's first element inside the image; padding never wins. So every index is in range: a window of
 * -Infinity returns its first element, and one that contains NaN returns the last NaN, as in PyTorch.
 */
export const MaxPoolWithArgmax = stockMaxPoolWithArgmax;

/** Attributes of {@link MaxPoolWithArgmax}, as `tf.maxPoolWithArgmax` passes them. */
export interface MaxPoolWithArgmaxAttrs {
  filterSize: [number, number] | number;
  strides: [number, number] | number;
  /** The ops of this package always pass `[[0, 0], [top, bottom], [left, right], [0, 0]]`, even without padding. */
  pad: 'valid' | 'same' | number | [[number, number], [number, number], [number, number], [number, number]];
  /** Adds `n * H * W * C` to the indices of image n. The ops of this package always pass false. */
  includeBatchInIndex: boolean;
}

/**
 * `{dy: float32 [N, h, w, C], indices: int32 [N, h, w, C]}` -> float32 [N, H, W, C]: zeros, with dy **added** at its indices.
 *
 * The gradient of {@link MaxPoolWithArgmax}: contributions of overlapping windows add up.
 */
export const MaxPoolWithArgmaxGrad = 'MaxPoolWithArgmaxGrad';

/**
 * `{values: float32 [N, h, w, C], indices: int32 [N, h, w, M]}` -> float32 [N, H, W, C]: zeros, with values **written** at their indices. M
 * >= C is the number of channels the indices were made with; only their first C channels are read.
 *
 * Index i of the mask means position `floor(i / M)` and channel `i % M`, so it is written to `floor(i / M) * C + i % M`, which is i itself
 * if M = C. Writes happen in row-major order of the values (y, x, c): if an index occurs twice in an image, **the last write wins**. An
 * index outside `[0, H * W * M)` or with `i % M >= C` is invalid: the backends cpu and tensorflow throw an `InvalidIndexError`, the others
 * ignore its value.
 */
export const MaxUnpool = 'MaxUnpool';

/** Attributes of {@link MaxUnpool}. */
export interface MaxUnpoolAttrs {
  /** `[H, W]` of the output. */
  outputSize: [number, number];
  /** The caller guarantees that no index occurs twice in an image, so a backend may write in any order. */
  distinct: boolean;
}

/**
 * `{dy: float32 [N, H, W, C], indices: int32 [N, h, w, M]}` -> float32 [N, h, w, C]: dy read at the indices, for every value, even if an
 * index occurs twice (as in PyTorch). M and invalid indices as for {@link MaxUnpool}; an invalid index reads 0.
 *
 * The gradient of {@link MaxUnpool} with respect to its values. It has no attributes: H, W and C are dy's.
 */
export const MaxUnpoolGrad = 'MaxUnpoolGrad';

/** Attributes of {@link MaxPoolWithArgmaxGrad}. */
export interface MaxPoolWithArgmaxGradAttrs {
  /** `[H, W]` of the pooled input. */
  outputSize: [number, number];
}
