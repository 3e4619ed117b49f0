/** Values in the Python program: what a variable contains, and how it is converted to another layout. */

/**
 * A value of a batch. Images are `[N, C, H, W]` in PyTorch, and vectors made from them have that order, too: channel, row, column. Values
 * that are `last` or do not belong to an image have the same order as here.
 */
export interface PythonValue {
  /** The variable, or another expression that is cheap to repeat. */
  readonly text: string;
  /** Without the batch, in the order that it has here. */
  readonly shape: readonly number[];
  /** For an image: channels are the last axis, as here. */
  readonly last?: boolean;
  /** For a vector: the image `[height, width, channels]` that it was made from in PyTorch's order. */
  readonly flatOf?: readonly number[];
}

/** Returns an image as `[N, C, H, W]`. */
export function channelsFirst({ text, shape, last }: PythonValue): string {
  return last && shape.length === 3 ? `${text}.permute(0, 3, 1, 2)` : text;
}

/** Returns a value in the order that it has here: images `[N, H, W, C]`, vectors by row, column, channel. */
export function asHere({ text, shape, last, flatOf }: PythonValue): string {
  if (flatOf) return `${text}.unflatten(1, ${tuple(torchShape(flatOf))}).permute(0, 2, 3, 1).flatten(1)`;
  return shape.length === 3 && !last ? `${text}.permute(0, 2, 3, 1)` : text;
}

/** Returns the value in the order that it has here. */
export function valueAsHere(value: PythonValue): PythonValue {
  return { text: asHere(value), shape: value.shape, last: value.shape.length === 3 };
}

/** Permutes height, width, channels to PyTorch's order. */
export function torchShape([height, width, channels]: readonly number[]): number[] {
  return [channels, height, width];
}

/** Writes a tuple. */
export function tuple(items: readonly (number | string)[]): string {
  return `(${items.join(', ')}${items.length === 1 ? ',' : ''})`;
}

/** Writes a two-dimensional size: one number if both are equal. */
export function size2d([rows, columns]: readonly number[]): string {
  return rows === columns ? String(rows) : tuple([rows, columns]);
}

/** Writes a number so that Python reads exactly the same one. */
export function float(value: number): string {
  if (value === Number.NEGATIVE_INFINITY) return 'float("-inf")';
  const text = String(value);
  return Number.isInteger(value) && !text.includes('e') ? `${text}.0` : text;
}

/** Describes a value's shape in PyTorch: "[N, 12, 62, 62]". */
export function shapeInWords({ shape, last }: PythonValue): string {
  return `[N, ${(shape.length === 3 && !last ? torchShape(shape) : shape).join(', ')}]`;
}
