/**
 * One class per cause, each with a stable `code`. For a wrong value, the sentence is made from its parts: `where: expected ..., received
 * ...; what to do.` A state is described as it is.
 */

import { type ErrorParts, SentenceError, type State, sentenceOf, type WrongValue } from '@ae/ground/errors';

export type { ErrorParts, State, WrongValue };

/** Base class of all errors that this package throws. */
export class LayersError extends SentenceError {
  readonly code: string = 'LAYERS';

  /** @internal Only this package creates them. */
  constructor(what: string | WrongValue | State, options?: ErrorOptions) {
    super('layers', what, options, typeof what === 'string' ? what : located(what));
  }
}

/** Makes the sentence from its parts; a state says where, too. */
function located(what: WrongValue | State): string {
  return `${what.state !== undefined && what.where ? `${what.where}: ` : ''}${sentenceOf(what)}`;
}

/** An argument or option has the wrong type or is out of range. */
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

/** An unpooling's values and its mask do not belong together. */
export class MaskError extends LayersError {
  override readonly code = 'MASK_MISMATCH';
}

/** A mask contains an index outside the output. */
export class InvalidIndexError extends LayersError {
  override readonly code = 'INVALID_INDEX';
}

/** The active backend of TensorFlow.js does not have this package's kernels. */
export class MissingKernelError extends LayersError {
  override readonly code = 'MISSING_KERNEL';
}

/** Layers cannot be connected as requested: a missing pool, a duplicate name, no layer to split at. */
export class GraphError extends LayersError {
  override readonly code = 'INVALID_GRAPH';
}

/** Formats a shape as `64x64x3`, with `?` for an unknown size. */
export function formatShape(shape: readonly (number | null)[]): string {
  return shape.length === 0 ? 'scalar' : shape.map((size) => size ?? '?').join('x');
}
