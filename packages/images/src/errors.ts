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
