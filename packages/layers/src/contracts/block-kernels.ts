/**
 * Names of the kernels for block transforms, which a backend may register: both or none. Without them, ops/block-transform.ts does the same
 * with ordinary ops of TensorFlow.js, as it does for blocks with a side that is not a power of two of at least 4. Each is the other's
 * adjoint, for the same list.
 *
 * A list maps the coefficients of a block, `(c * w + u) * h + v`, to those that are kept: `positions` for each one that is kept, or
 * `indices` for each of the block's; one of them is given. Its values are whole numbers, int32 or float32. Values out of range are ignored.
 */

/**
 * `{images, colors, positions or indices}`: float32 `[N, H, W, C]`, made of whole blocks -> `[N, H / h, W / w, count]`. With one channel,
 * colors are ignored.
 */
export const AnalyzeBlocks = 'AnalyzeBlocks';

/** Attributes of {@link AnalyzeBlocks}. */
export interface AnalyzeBlocksAttrs {
  blockSize: readonly [height: number, width: number];
  /** Number of coefficients that are kept. */
  count: number;
}

/** `{coefficients, colors, positions or indices}`: float32 `[N, rows, columns, count]` -> `[N, rows * h, columns * w, C]`. */
export const SynthesizeBlocks = 'SynthesizeBlocks';

/** Attributes of {@link SynthesizeBlocks}. */
export interface SynthesizeBlocksAttrs {
  blockSize: readonly [height: number, width: number];
}
