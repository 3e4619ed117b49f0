import type { layers, Shape } from '@tensorflow/tfjs-layers';
import { formatShape, ShapeError, type WrongValue } from '../errors';

/** A shape without the batch, with all sizes known. */
export type SampleShape = readonly number[];

/** Stock layers that do not say which rank they need until they have weights. Ranks exclude the batch. */
const rankOfClass: Readonly<Record<string, number>> = { Conv2D: 3, SeparableConv2D: 3, DepthwiseConv2D: 3, Dense: 1 };

/**
 * Determines the output shape of a layer with one input and one output, without creating its weights.
 *
 * @throws ShapeError `SHAPE_MISMATCH`, naming the layer, what it received and what it needs, if the input does not suit it or nothing would
 * be left of it
 */
export function inferOutputShape(layer: layers.Layer, input: SampleShape): SampleShape {
  checkRank(layer, input);
  checkSizes(layer, input);
  const output = computeOutputShape(layer, input);
  if (output.every((size) => Number.isInteger(size) && size >= 1)) return output;
  const made = output.every((size) => size >= 1) ? formatShape(output) : 'nothing';
  throw new ShapeError({
    where: `layer "${layer.name}"`,
    expected: 'an input large enough for its kernel',
    received: `${formatShape(input)}, from which it would produce ${made}`,
    todo: 'use padding, a smaller kernel or a larger input',
  });
}

function computeOutputShape(layer: layers.Layer, input: SampleShape): SampleShape {
  let output: Shape | Shape[];
  try {
    // A batch of 1 instead of an unknown one: the standard Reshape does not compare sizes while one is unknown.
    output = layer.computeOutputShape([1, ...input]);
  } catch (cause) {
    throw new ShapeError(describeFailure(layer, input, cause), { cause });
  }
  if (Array.isArray(output[0])) {
    throw new ShapeError({
      where: `layer "${layer.name}"`,
      expected: 'a layer with one output',
      received: `one with ${output.length}`,
      todo: 'Sequential supports only maxPooling2d of this package among such layers',
    });
  }
  return (output as number[]).slice(1);
}

function describeFailure(layer: layers.Layer, input: SampleShape, cause: unknown): string | WrongValue {
  const { targetShape } = layer as { targetShape?: (number | null)[] };
  const where = `layer "${layer.name}"`;
  const elements = input.reduce((product, size) => product * size, 1);
  if (targetShape) {
    return {
      where,
      expected: `an input that can be reshaped to ${formatShape(targetShape)}`,
      received: `${formatShape(input)}, which has ${elements} elements`,
    };
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return `${where}: expected a suitable input, received ${formatShape(input)}: ${reason}`;
}

function checkRank(layer: layers.Layer, input: SampleShape): void {
  const spec = layer.inputSpec?.[0];
  const exact = spec?.ndim === undefined ? rankOfClass[layer.getClassName()] : spec.ndim - 1;
  const min = exact ?? (spec?.minNDim === undefined ? undefined : spec.minNDim - 1);
  const max = exact ?? (spec?.maxNDim === undefined ? undefined : spec.maxNDim - 1);
  if ((min === undefined || input.length >= min) && (max === undefined || input.length <= max)) return;
  const needed = exact ?? (min === undefined ? `at most ${max}` : `at least ${min}`);
  const advice = exact === 1 ? 'add flatten() before it' : 'add reshape() before it';
  throw new ShapeError({
    where: `layer "${layer.name}"`,
    expected: `an input of ${needed} dimension${needed === 1 ? '' : 's'} without the batch`,
    received: formatShape(input),
    todo: advice,
  });
}

/** Checks sizes that were given explicitly (or are determined by existing weights). */
function checkSizes(layer: layers.Layer, input: SampleShape): void {
  for (const [key, expected] of Object.entries(layer.inputSpec?.[0]?.axes ?? {})) {
    const axis = Number(key) < 0 ? input.length + Number(key) : Number(key) - 1;
    if (expected === undefined || expected === null || input[axis] === expected) continue;
    const noun =
      input.length === 3 && axis === 2 ? 'channels' : input.length === 1 ? 'features' : `as size ${axis + 1}`;
    throw new ShapeError({
      where: `layer "${layer.name}"`,
      expected: `an input of ${expected} ${noun}`,
      received: formatShape(input),
      todo: 'correct that number, or leave it out so that it is inferred',
    });
  }
}
