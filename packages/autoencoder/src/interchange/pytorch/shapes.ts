/** Changes of shape. */
import { type Conversion, type Converted, likeInput } from './conversion';
import { asHere, channelsFirst, type PythonValue, torchShape, tuple } from './python-value';

/** Pads images; `sides` are before and after, of rows and of columns. */
export function padded(
  text: string,
  [rows, columns]: readonly (readonly [number, number])[],
  filling?: string,
): string {
  const sides = [columns[0], columns[1], rows[0], rows[1]];
  if (sides.every((count) => count === 0)) return text;
  return `F.pad(${text}, ${tuple(sides)}${filling ? `, value=${filling}` : ''})`;
}

/** Crops images of a size to rows and columns `[from, to)`. */
export function cut(
  text: string,
  [height, width]: readonly number[],
  rows: readonly [number, number],
  columns: readonly [number, number],
): string {
  const range = ([from, to]: readonly [number, number], size: number) =>
    `${from === 0 ? '' : `${from} `}:${to === size ? '' : ` ${to}`}`.trim();
  const ranges = [range(rows, height), range(columns, width)];
  return ranges.every((each) => each === ':') ? text : `${text}[:, :, ${ranges.join(', ')}]`;
}

/** Flatten and Reshape. */
export function convertReshape(conversion: Conversion): Converted {
  const { inputs, outputShape, anySize } = conversion;
  const [value] = inputs;
  // Codes of blocks remain small images if images may have any size.
  if (anySize) return { ...likeInput(conversion, value.text), shape: value.shape };
  if (outputShape.length === 1) return flattened(value);
  if (outputShape.length === 3) return unflattened(value, outputShape);
  return { text: `${asHere(value)}.reshape(${['-1', ...outputShape].join(', ')})` };
}

function flattened(value: PythonValue): Converted {
  const { text, shape, last, flatOf } = value;
  if (shape.length === 1) return { text, flatOf };
  if (shape.length !== 3 || last) return { text: `${text}.flatten(1)` };
  return { text: `${text}.flatten(1)`, flatOf: shape };
}

function unflattened(value: PythonValue, shape: readonly number[]): Converted {
  const { text, flatOf } = value;
  if (flatOf && String(flatOf) === String(shape)) return { text: `${text}.unflatten(1, ${tuple(torchShape(shape))})` };
  if (value.shape.length === 1) return { text: `${asHere(value)}.unflatten(1, ${tuple(shape)})`, last: true };
  return { text: `${asHere(value)}.reshape(${['-1', ...shape].join(', ')})`, last: true };
}

export function convertPermutation({ inputs, config, outputShape }: Conversion): Converted {
  return {
    text: `${asHere(inputs[0])}.permute(0, ${config.dims.join(', ')})`,
    last: outputShape.length === 3,
  };
}

export function convertPadding(conversion: Conversion): Converted {
  const { inputs, config, anySize } = conversion;
  const { padding } = config;
  if (anySize || typeof padding === 'string') return likeInput(conversion, inputs[0].text);
  return { text: padded(channelsFirst(inputs[0]), padding) };
}

export function convertCropping(conversion: Conversion): Converted {
  const { inputs, inputShape, config, anySize } = conversion;
  if (anySize) return likeInput(conversion, inputs[0].text);
  const [[top, bottom], [left, right]] = config.cropping;
  const [height, width] = inputShape;
  return { text: cut(channelsFirst(inputs[0]), [height, width], [top, height - bottom], [left, width - right]) };
}
