/** One class per cause, each with a stable `code`. */

import { type ErrorParts, SentenceError, type State, type WrongValue } from '@ae/ground/errors';

export type { ErrorParts, State, WrongValue };

/** Base class of what this package throws. */
export class ImagesError extends SentenceError {
  readonly code: string = 'IMAGES';

  constructor(what: string | WrongValue | State, options?: ErrorOptions) {
    super('images', what, options);
  }
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
