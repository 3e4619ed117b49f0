/** One class per cause, each with a stable `code`. */

import { type ErrorParts, SentenceError, type State, type WrongValue } from '@ae/ground/errors';
import { inWords } from '@ae/ground/in-words';

export type { ErrorParts, State, WrongValue };

/** Base class of what this package throws. */
export class ImagesError extends SentenceError {
  readonly code: string = 'IMAGES';

  /** @internal Nobody else makes these. */
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

/** The file does not exist, or cannot be read. */
export class NotReadableError extends ImagesError {
  override readonly code = 'NOT_READABLE';
  /** The file or folder concerned. */
  readonly path?: string;

  /** @internal Nobody else makes these. */
  constructor(what: State, { path, ...options }: ErrorOptions & { path?: string } = {}) {
    super(what, options);
    this.path = path;
  }
}

/** Something that only a browser can do, or only Node.js, was asked of the other. */
export class PlatformError extends ImagesError {
  override readonly code = 'WRONG_PLATFORM';
}

/** Makes the error of a value that cannot be used. */
export function refused(where: string, expected: string, value: unknown, todo?: string): InvalidOptionError {
  return new InvalidOptionError({ where, expected, received: inWords(value), ...(todo && { todo }) });
}
