/**
 * What the errors of all packages have in common. A wrong value is said in parts, of which the sentence is made here: `where: expected ...,
 * received ...; what to do.` A state is stated as it is: "The disk is full."
 */

/** The parts of an error's sentence, for programs: for one that names an option as its own interface does, say. */
export interface ErrorParts {
  /** What it is about: an option, `optimizer.momentum` where that is an option of an option, or an argument, a file, a record. */
  readonly where?: string;
  /** What should be there: "a whole number of at least 1". */
  readonly expected?: string;
  /** What is there; text is in quotation marks. */
  readonly received?: string;
  /** How things are, where no value is wrong. */
  readonly state?: string;
  /** What to do about it: "choose another folder". */
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
   * @param packageName stands in brackets before the sentence
   * @param what a sentence, or the parts that make one
   * @param parts what else is known: it is in the error, but not in what the sentence is made of
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

/** Makes the sentence of its parts. */
export function sentenceOf(what: WrongValue | State): string {
  const problem = what.state ?? `${what.where}: expected ${what.expected}, received ${what.received}`;
  return `${problem}${what.todo ? `; ${what.todo}` : ''}.`;
}
