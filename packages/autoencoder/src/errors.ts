/** Stable codes of the errors this package throws, for callers that branch on the cause. */
export type AutoencoderErrorCode =
  | 'INVALID_OPTION'
  | 'INVALID_SAMPLE'
  | 'NOT_INITIALIZED'
  | 'DISPOSED'
  | 'SHAPE_MISMATCH'
  | 'MODEL_NOT_FOUND'
  | 'MODEL_INVALID'
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

/** An error with one sentence for people (where, expected, received, what to do) and a stable `code` for programs. */
export class AutoencoderError extends Error {
  override readonly name = 'AutoencoderError';

  constructor(
    readonly code: AutoencoderErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(`[autoencoder] ${message}`, options);
  }
}

/** Throws INVALID_OPTION unless `value` is a finite number in [min, max] or below `below` (and an integer where asked). */
export function checkNumber(
  name: string,
  value: unknown,
  {
    min = Number.NEGATIVE_INFINITY,
    max = Number.POSITIVE_INFINITY,
    below = Number.POSITIVE_INFINITY,
    integer = false,
    exclusiveMin = false,
  } = {},
): asserts value is number {
  const ok =
    typeof value === 'number' &&
    Number.isFinite(value) &&
    (exclusiveMin ? value > min : value >= min) &&
    value <= max &&
    value < below &&
    (!integer || Number.isInteger(value));
  if (ok) return;
  const kind = integer ? 'an integer' : 'a number';
  const lower = min === Number.NEGATIVE_INFINITY ? '' : ` ${exclusiveMin ? 'above' : 'of at least'} ${min}`;
  const limit =
    below < Number.POSITIVE_INFINITY ? `below ${below}` : max < Number.POSITIVE_INFINITY ? `at most ${max}` : '';
  const upper = limit && `${lower ? ' and' : ''} ${limit}`;
  throw new AutoencoderError(
    'INVALID_OPTION',
    `${name}: expected ${kind}${lower}${upper}, received ${inWords(value)}.`,
  );
}

/** Characters that an error spends on a value. */
const longest = 80;

/** Writes a value of any type as an error shows it: text in quotation marks, so that "8" is not mistaken for 8; what is large in short. */
export function inWords(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'string') return JSON.stringify(shorten(value));
  if (typeof value !== 'object' || value === null) return String(value);
  return shortJson(value) ?? inShort(value);
}

function shorten(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}...` : text;
}

/** JSON, unless that is long, or there is none: of what holds itself, say. Gives up early, for images have millions of values. */
function shortJson(value: object): string | undefined {
  let parts = 0;
  const count = (_key: string, part: unknown) => {
    if (++parts > longest || ArrayBuffer.isView(part)) throw new RangeError('long');
    return part;
  };
  try {
    const json = JSON.stringify(value, count);
    return json.length > longest ? undefined : json;
  } catch {
    return undefined;
  }
}

/** "Array of 12", "Object of channels, height, width, data" */
function inShort(value: object): string {
  const kind = value.constructor?.name ?? 'Object';
  const { length } = value as { length?: unknown };
  return `${kind} of ${typeof length === 'number' ? length : shorten(Object.keys(value).join(', '))}`;
}

/** Throws INVALID_OPTION unless `value` is text with something in it. */
export function checkText(name: string, value: unknown): asserts value is string {
  if (typeof value === 'string' && value !== '') return;
  throw new AutoencoderError('INVALID_OPTION', `${name}: expected text, received ${inWords(value)}.`);
}

/** Throws INVALID_OPTION unless `value` is an object; `example` shows one. */
export function checkObject(where: string, value: unknown, example: string): asserts value is object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw new AutoencoderError(
    'INVALID_OPTION',
    `${where}: expected an object such as ${example}, received ${inWords(value)}.`,
  );
}

/** Throws INVALID_OPTION for what is no object or has a key that is not in `known`, so that a misspelt option never passes silently. */
export function checkKeys(where: string, options: object, known: readonly string[]): void {
  checkObject(where, options, `{ ${known[0]}: ... }`);
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      throw new AutoencoderError(
        'INVALID_OPTION',
        `${where}: unknown option "${key}"; expected one of ${known.join(', ')}.`,
      );
    }
  }
}
