/** Rows before and after, and columns before and after. */
export type Sides = readonly [rows: readonly [number, number], columns: readonly [number, number]];

/** Returns what TensorFlow's 'same' pads along an axis, the odd one after. */
export function samePadding(size: number, window: number, stride: number): [number, number] {
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + window - size);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** Returns what a transposed convolution cuts off along an axis, or adds after it where that is negative. */
export function transposedPadding(padding: unknown, window: number, stride: number): [number, number] {
  const surplus = padding === 'same' ? window - stride : Math.min(0, window - stride);
  return surplus < 0 ? [0, surplus] : [Math.floor(surplus / 2), Math.ceil(surplus / 2)];
}
