/**
 * Names the kernels of block transforms, which a backend may register: both or none. Without them ops/block-transform.ts does the same by
 * ordinary tfjs ops, as it does where a side of blocks is not a power of two of at least 4. Each is the other's adjoint, for the same list.
 *
 * A list says which coefficient of a block, `(c * w + u) * h + v`, is which of those that are kept: `positions` for each of those that are kept, or
 * `indices` for each of the block's; one of them is given. Its values are whole numbers, int32 or float32. What is out of range is left out.
 */

/**
 * `{images, colors, positions or indices}`: float32 `[N, H, W, C]`, made of whole blocks -> `[N, H / h, W / w, count]`. With one channel, colors
 * are not looked at.
 */
export const AnalyzeBlocks = 'AnalyzeBlocks';

/** Attributes of {@link AnalyzeBlocks}. */
export interface AnalyzeBlocksAttrs {
  blockSize: readonly [height: number, width: number];
  /** How many coefficients are kept. */
  count: number;
}

/** `{coefficients, colors, positions or indices}`: float32 `[N, rows, columns, count]` -> `[N, rows * h, columns * w, C]`. */
export const SynthesizeBlocks = 'SynthesizeBlocks';

/** Attributes of {@link SynthesizeBlocks}. */
export interface SynthesizeBlocksAttrs {
  blockSize: readonly [height: number, width: number];
}
