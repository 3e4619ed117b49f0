/**
 * One class per cause, each with a stable `code`. A wrong value is said in parts, of which the sentence is made here:
 * `where: expected ..., received ...; what to do.` A state is stated as it is.
 */

import { type ErrorParts, SentenceError, type State, sentenceOf, type WrongValue } from '@ae/ground/errors';

export type { ErrorParts, State, WrongValue };

/** Base class of everything this package throws. */
export class LayersError extends SentenceError {
  readonly code: string = 'LAYERS';

  /** @internal Nobody else makes these. */
  constructor(what: string | WrongValue | State, options?: ErrorOptions) {
    super('layers', what, options, typeof what === 'string' ? what : located(what));
  }
}

/** Makes the sentence of its parts; a state, too, says where. */
function located(what: WrongValue | State): string {
  return `${what.state !== undefined && what.where ? `${what.where}: ` : ''}${sentenceOf(what)}`;
}

/** An argument or option is not of its type or out of its range. */
export class InvalidOptionError extends LayersError {
  override readonly code = 'INVALID_OPTION';
}

/** A tensor, or a layer's input, has the wrong rank or the wrong size. */
export class ShapeError extends LayersError {
  override readonly code = 'SHAPE_MISMATCH';
}

/** A tensor has the wrong dtype. */
export class DtypeError extends LayersError {
  override readonly code = 'DTYPE_MISMATCH';
}

/** An unpooling's values and the mask it is given don't belong together. */
export class MaskError extends LayersError {
  override readonly code = 'MASK_MISMATCH';
}

/** A mask contains an index outside the output. */
export class InvalidIndexError extends LayersError {
  override readonly code = 'INVALID_INDEX';
}

/** The current tfjs backend doesn't have this package's kernels. */
export class MissingKernelError extends LayersError {
  override readonly code = 'MISSING_KERNEL';
}

/** Layers can't be connected the way they were asked to: a missing pool, a name used twice, nothing to split at. */
export class GraphError extends LayersError {
  override readonly code = 'INVALID_GRAPH';
}

/** Writes a shape as `64x64x3`, with `?` for a size that isn't known. */
export function formatShape(shape: readonly (number | null)[]): string {
  return shape.length === 0 ? 'scalar' : shape.map((size) => size ?? '?').join('x');
}
