/** One class per cause, each with a stable `code`. */

import { type ErrorParts, SentenceError, type State, type WrongValue } from '@ae/ground/errors';
import { inWords } from '@ae/ground/in-words';

export type { ErrorParts, State, WrongValue };

/** Base class of all errors that this package throws. */
export class ImagesError extends SentenceError {
  readonly code: string = 'IMAGES';

  /** @internal Only this package creates them. */
  constructor(what: string | WrongValue | State, options?: ErrorOptions) {
    super('images', what, options);
  }
}

/** An image cannot be decoded: it is damaged, too large, or of an unsupported kind. */
export class BadImageError extends ImagesError {
  override readonly code = 'BAD_IMAGE';
}

/** `sharp`, an optional dependency, is not installed or cannot be loaded here. */
export class SharpMissingError extends ImagesError {
  override readonly code = 'MISSING_DEPENDENCY';
}

/** Makes the error for an image that cannot be decoded; `received` describes it in a few words. */
export function doesNotDecode(name: string, received: string, cause?: unknown): BadImageError {
  const what = { where: name, expected: 'a valid image', received, todo: 'replace it or leave it out' };
  return new BadImageError(what, cause === undefined ? undefined : { cause });
}

/** An argument or option has an unusable value. */
export class InvalidOptionError extends ImagesError {
  override readonly code = 'INVALID_OPTION';
}

/** The file does not exist, or cannot be read. */
export class NotReadableError extends ImagesError {
  override readonly code = 'NOT_READABLE';
  /** The file or folder concerned. */
  readonly path?: string;

  /** @internal Only this package creates them. */
  constructor(what: State, { path, ...options }: ErrorOptions & { path?: string } = {}) {
    super(what, options);
    this.path = path;
  }
}

/** Something was requested that only works in a browser, or only in Node.js. */
export class PlatformError extends ImagesError {
  override readonly code = 'WRONG_PLATFORM';
}

/** Makes the error for an unusable value. */
export function refused(where: string, expected: string, value: unknown, todo?: string): InvalidOptionError {
  return new InvalidOptionError({ where, expected, received: inWords(value), ...(todo && { todo }) });
}
