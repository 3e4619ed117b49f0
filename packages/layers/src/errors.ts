/**
 * One class per cause, each with a stable `code`. A wrong value is said in parts, of which the sentence is made here:
 * `where: expected ..., received ...; what to do.` A state is stated as it is.
 */

/** The parts of an error's sentence, for programs. */
export interface ErrorParts {
  /** What it is about: a function, a layer, or an option. */
  readonly where?: string;
  /** What should be there: "an integer of at least 1". */
  readonly expected?: string;
  /** What is there; text is in quotation marks. */
  readonly received?: string;
  /** How things are, where no value is wrong. */
  readonly state?: string;
  /** What to do about it: "cast it first". */
  readonly todo?: string;
}

/** Says that a value is not what it must be. */
export interface WrongValue extends ErrorParts {
  readonly where: string;
  readonly expected: string;
  readonly received: string;
}

/** Says how things are, and what to do about it. */
export interface State extends ErrorParts {
  /** A sentence or more, without `where` and the last full stop. */
  readonly state: string;
}

/** Base class of everything this package throws. */
export class LayersError extends Error implements ErrorParts {
  readonly code: string = 'LAYERS';
  /** The message without the name of this package in front of it. */
  readonly sentence: string;
  declare readonly where?: string;
  declare readonly expected?: string;
  declare readonly received?: string;
  declare readonly state?: string;
  declare readonly todo?: string;

  constructor(what: string | WrongValue | State, options?: ErrorOptions) {
    const sentence = typeof what === 'string' ? what : sentenceOf(what);
    super(`[layers] ${sentence}`, options);
    this.name = new.target.name;
    this.sentence = sentence;
    if (typeof what === 'object') Object.assign(this, what);
  }
}

function sentenceOf(what: WrongValue | State): string {
  const { where, todo, state = `expected ${what.expected}, received ${what.received}` } = what;
  return `${where ? `${where}: ` : ''}${state}${todo ? `; ${todo}` : ''}.`;
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

/** A mask holds an index that names no position of the output. */
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
