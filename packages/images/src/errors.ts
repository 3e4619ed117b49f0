/** One class per cause, each with a stable `code`. */

/** The parts of an error's sentence, for programs. */
export interface ErrorParts {
  /** What it is about: an image, by its name. */
  readonly where?: string;
  /** What should be there: "an image that decodes". */
  readonly expected?: string;
  /** What is there; text is in quotation marks. */
  readonly received?: string;
  /** How things are, where no value is wrong. */
  readonly state?: string;
  /** What to do about it: "replace it or leave it out". */
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
  /** A sentence or more, without the last full stop. */
  readonly state: string;
}

/** Base class of what this package throws. */
export class ImagesError extends Error implements ErrorParts {
  readonly code: string = 'IMAGES';
  /** The message without the name of this package in front of it. */
  readonly sentence: string;
  declare readonly where?: string;
  declare readonly expected?: string;
  declare readonly received?: string;
  declare readonly state?: string;
  declare readonly todo?: string;

  constructor(what: string | WrongValue | State, options?: ErrorOptions) {
    const sentence = typeof what === 'string' ? what : sentenceOf(what);
    super(`[images] ${sentence}`, options);
    this.name = new.target.name;
    this.sentence = sentence;
    if (typeof what === 'object') Object.assign(this, what);
  }
}

function sentenceOf(what: WrongValue | State): string {
  const problem = what.state ?? `${what.where}: expected ${what.expected}, received ${what.received}`;
  return `${problem}${what.todo ? `; ${what.todo}` : ''}.`;
}

/** An image can't be decoded: it is damaged, too large, or of a kind that is not decoded. */
export class BadImageError extends ImagesError {
  override readonly code = 'BAD_IMAGE';
}

/** `sharp`, an optional dependency, isn't installed or doesn't load here. */
export class SharpMissingError extends ImagesError {
  override readonly code = 'MISSING_DEPENDENCY';
}

/** Makes the error for an image that doesn't decode; `received` says in a few words what it is. */
export function doesNotDecode(name: string, received: string, cause?: unknown): BadImageError {
  const what = { where: name, expected: 'an image that decodes', received, todo: 'replace it or leave it out' };
  return new BadImageError(what, cause === undefined ? undefined : { cause });
}

/** An argument or option is none that can be used. */
export class InvalidOptionError extends ImagesError {
  override readonly code = 'INVALID_OPTION';
}

/** There is no file at the place that was named, or it may not be read. */
export class NotReadableError extends ImagesError {
  override readonly code = 'NOT_READABLE';
  /** The file or folder concerned. */
  readonly path?: string;

  constructor(what: State, { path, ...options }: ErrorOptions & { path?: string } = {}) {
    super(what, options);
    this.path = path;
  }
}

/** Something that only a browser can do, or only Node.js, was asked of the other. */
export class PlatformError extends ImagesError {
  override readonly code = 'WRONG_PLATFORM';
}

/** Says in a few words what a value is, for messages. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value !== 'object' || value === null) return String(value);
  const keys = Object.keys(value);
  const name = value.constructor?.name ?? 'Object';
  if (ArrayBuffer.isView(value)) return `${name} of ${value.byteLength} bytes`;
  return name === 'Object'
    ? `an object ${keys.length === 0 ? 'without fields' : `of ${keys.slice(0, 8).join(', ')}`}`
    : `an object ${name}`;
}

/** Makes the error of a value that cannot be used. */
export function refused(where: string, expected: string, value: unknown, todo?: string): InvalidOptionError {
  return new InvalidOptionError({ where, expected, received: describe(value), ...(todo && { todo }) });
}
