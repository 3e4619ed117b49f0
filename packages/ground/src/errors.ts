/**
 * What the errors of all packages have in common. For a wrong value, the sentence is made from its parts here: `where: expected ...,
 * received ...; what to do.` A state is described as it is: "The disk is full."
 */

/** The parts of an error's sentence, for programs that, for example, replace the name of an option by that of their own interface. */
export interface ErrorParts {
  /** What it is about: an option, `optimizer.momentum` for an option within an option, or an argument, a file, a record. */
  readonly where?: string;
  /** What was expected: "a whole number of at least 1". */
  readonly expected?: string;
  /** What was received; text is in quotation marks. */
  readonly received?: string;
  /** The state, if no value is wrong. */
  readonly state?: string;
  /** What to do about it: "choose another folder". */
  readonly todo?: string;
}

/** A value that is not as expected. */
export interface WrongValue extends ErrorParts {
  readonly where: string;
  readonly expected: string;
  readonly received: string;
}

/** A state, and what to do about it. */
export interface State extends ErrorParts {
  /** One or more sentences, without the final period. */
  readonly state: string;
}

/** An error with one sentence for people, after the name of its package, and its parts for programs. */
export class SentenceError extends Error implements ErrorParts {
  /** The message without the name of the package in front of it. */
  readonly sentence: string;
  declare readonly where?: string;
  declare readonly expected?: string;
  declare readonly received?: string;
  declare readonly state?: string;
  declare readonly todo?: string;

  /**
   * @param packageName appears in brackets before the sentence
   * @param what a sentence, or the parts that make one
   * @param parts additional facts: fields of the error that are not part of the sentence
   * @internal
   */
  constructor(
    packageName: string,
    what: string | WrongValue | State,
    { cause, ...parts }: ErrorOptions & ErrorParts = {},
    sentence = typeof what === 'string' ? what : sentenceOf(what),
  ) {
    super(`[${packageName}] ${sentence}`, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.sentence = sentence;
    const known = Object.entries({ ...(typeof what === 'object' && what), ...parts });
    Object.assign(this, Object.fromEntries(known.filter(([, value]) => value !== undefined)));
  }
}

/** Makes the sentence from its parts. */
export function sentenceOf(what: WrongValue | State): string {
  const problem = what.state ?? `${what.where}: expected ${what.expected}, received ${what.received}`;
  return `${problem}${what.todo ? `; ${what.todo}` : ''}.`;
}
