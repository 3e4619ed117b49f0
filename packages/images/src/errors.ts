/** One class per cause, each with a stable `code`. */

/** Base class of what this package throws. */
export class ImagesError extends Error {
  readonly code: string = 'IMAGES';
  /** The message without the name of this package. */
  readonly sentence: string;

  constructor(sentence: string, cause?: unknown) {
    super(`[images] ${sentence}`, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.sentence = sentence;
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
  return new BadImageError(
    `${name}: expected an image that decodes, received ${received}; replace it or leave it out.`,
    cause,
  );
}
