import { type ErrorParts, SentenceError, type State, type WrongValue } from '@ae/ground/errors';
import { inWords } from '@ae/ground/in-words';

export { type ErrorParts, inWords, type State, type WrongValue };

/** Stable codes of the errors this package throws, for callers that branch on the cause. */
export type AutoencoderErrorCode =
  | 'INVALID_OPTION'
  | 'INVALID_SAMPLE'
  | 'NOT_INITIALIZED'
  | 'DISPOSED'
  | 'SHAPE_MISMATCH'
  | 'MODEL_NOT_FOUND'
  | 'MODEL_INVALID'
  | 'SAVE_FAILED'
  | 'OUTPUT_EXISTS'
  | 'RUN_IN_USE'
  | 'RUN_NOT_FOUND'
  | 'RUN_INVALID'
  | 'OPTIONS_CHANGED'
  | 'NOT_READABLE'
  | 'CHECKPOINT_INVALID'
  | 'CHECKPOINT_FAILED'
  | 'BACKEND_UNAVAILABLE'
  | 'BACKEND_MISSING'
  | 'INSTALL_FAILED'
  | 'CHECK_FAILED'
  | 'DEPENDENCY_MISSING'
  | 'NODE_ONLY'
  | 'DIVERGED'
  | 'WEIGHTS_NOT_FINITE'
  | 'ABORTED';

/** A difference between the options that a run was started with and those it is to be resumed with. */
export interface OptionDifference {
  /** The path of the option: `optimizer.learningRate`. */
  readonly where: string;
  /** What has changed: "was 0.1 and is now 0.01". */
  readonly change: string;
}

/**
 * An error with one sentence for people and a stable `code` for programs. For a wrong value, the sentence is made from its parts:
 * "batchSize: expected a whole number of at least 1, received 0."; a state is described as it is: "The disk is full.".
 */
export class AutoencoderError extends SentenceError {
  override readonly name = 'AutoencoderError';
  /** All differences, if the code is OPTIONS_CHANGED. */
  declare readonly differences?: readonly OptionDifference[];

  /** @internal Only this package creates them. */
  constructor(
    readonly code: AutoencoderErrorCode,
    what: string | WrongValue | State,
    options: ErrorOptions & ErrorParts & { readonly differences?: readonly OptionDifference[] } = {},
  ) {
    super('autoencoder', what, options);
  }
}

/** Makes the INVALID_OPTION error for the value of an option or argument. */
export function invalidOption(where: string, expected: string, value: unknown, todo?: string): AutoencoderError {
  return new AutoencoderError('INVALID_OPTION', { where, expected, received: inWords(value), ...(todo && { todo }) });
}

/** The numbers that an option may have. */
export interface NumberRange {
  readonly min?: number;
  readonly max?: number;
  /** An exclusive maximum. */
  readonly below?: number;
  readonly integer?: boolean;
  /** Whether `min` is exclusive. */
  readonly exclusiveMin?: boolean;
}

/** Throws INVALID_OPTION unless `value` is a finite number in `range`. */
export function checkNumber(where: string, value: unknown, range: NumberRange = {}): asserts value is number {
  if (!isInRange(value, range)) throw invalidOption(where, rangeInWords(range), value);
}

/** Tells whether a value is a finite number in a range; whole numbers must be safe integers. */
export function isInRange(value: unknown, range: NumberRange): boolean {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, below = Number.POSITIVE_INFINITY } = range;
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  if (range.integer && !Number.isSafeInteger(value)) return false;
  return (range.exclusiveMin ? value > min : value >= min) && value <= max && value < below;
}

/** Describes a range: "a whole number from 1 to 16", "a number above 0 and below 1". */
export function rangeInWords({ min, max, below, integer, exclusiveMin }: NumberRange): string {
  const kind = integer ? 'a whole number' : 'a number';
  if (min !== undefined && max !== undefined && !exclusiveMin) return `${kind} from ${min} to ${max}`;
  const lower = min === undefined ? '' : `${exclusiveMin ? 'above' : 'of at least'} ${min}`;
  const upper = below !== undefined ? `below ${below}` : max !== undefined ? `${lower ? '' : 'of '}at most ${max}` : '';
  return [kind, lower, lower && upper && 'and', upper].filter(Boolean).join(' ');
}

/** Throws INVALID_OPTION unless `value` is a list of numbers, of `length` if that is given. */
export function checkNumbers(where: string, value: unknown, length?: number): asserts value is ArrayLike<number> {
  const isView = ArrayBuffer.isView(value) && !(value instanceof DataView);
  const isList = isView || (Array.isArray(value) && value.every((each) => typeof each === 'number'));
  const found = isList ? (value as ArrayLike<number>).length : undefined;
  if (found !== undefined && (length === undefined || found === length)) return;
  const expected = length === undefined ? 'a list of numbers' : `${length} numbers`;
  throw invalidOption(where, expected, value);
}

/** Throws INVALID_OPTION unless `value` is a list of objects. */
export function checkObjects(where: string, value: unknown, each: string): asserts value is readonly object[] {
  if (Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null)) return;
  throw invalidOption(where, `a list of ${each}`, value);
}

/** Throws INVALID_OPTION unless `value` is text that is not empty. */
export function checkText(where: string, value: unknown): asserts value is string {
  if (typeof value !== 'string' || value === '') throw invalidOption(where, 'text', value);
}

/** Throws INVALID_OPTION unless `value` is one of `known`, which has several elements. */
export function checkChoice<T extends string>(where: string, value: unknown, known: readonly T[]): asserts value is T {
  if (!known.includes(value as T)) throw invalidOption(where, `one of ${known.join(', ')}`, value);
}

/** Throws INVALID_OPTION unless `value` is an object; `example` shows one. */
export function checkObject(where: string, value: unknown, example: string): asserts value is object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw invalidOption(where, `an object such as ${example}`, value);
}

/** Throws INVALID_OPTION for a signal or a callback that is something else; all functions that take one call it by such a name. */
function checkHook(name: string, value: unknown): void {
  if (value === undefined || value === null) return;
  const isCallback = /^on[A-Z]/.test(name);
  if (isCallback && typeof value !== 'function') throw invalidOption(name, 'a function', value);
  const isSignal = typeof (value as AbortSignal).throwIfAborted === 'function';
  if (name === 'signal' && !isSignal) throw invalidOption(name, 'an AbortSignal', value);
}

/** Throws INVALID_OPTION if `value` is not an object or has a key that is not in `known`, so that a misspelled option is never ignored. */
export function checkKeys(where: string, options: object, known: readonly string[]): void {
  checkObject(where, options, `{ ${known[0]}: ... }`);
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown === undefined) {
    for (const [key, value] of Object.entries(options)) checkHook(key, value);
    return;
  }
  const parts = { where, expected: `one of ${known.join(', ')}`, received: inWords(unknown) };
  throw new AutoencoderError(
    'INVALID_OPTION',
    `${where}: unknown option ${parts.received}; expected ${parts.expected}.`,
    parts,
  );
}
