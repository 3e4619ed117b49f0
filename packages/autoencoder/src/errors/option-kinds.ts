/**
 * The kinds of options, as plain data: the library checks options against them, and the command line derives its flags, ranges and help
 * from them. Nothing here requires TensorFlow.
 */
import {
  AutoencoderError,
  checkChoice,
  checkKeys,
  checkNumber,
  checkObject,
  invalidOption,
  type NumberRange,
} from './errors';

interface Described {
  /** What it does, for a list of options. */
  readonly help: string;
  /** It has no default and must be given. */
  readonly required?: boolean;
  /** null turns it off. */
  readonly nullable?: boolean;
}

/** An option that is a number, with its range. */
export interface NumberOption extends Described, NumberRange {
  readonly kind: 'number';
  readonly default?: number;
  /** Its unit, such as steps. */
  readonly unit?: string;
}

/** An option that is on or off. */
export interface SwitchOption extends Described {
  readonly kind: 'switch';
  readonly default?: boolean;
}

/** Training steps in ascending order. */
export interface StepsOption extends Described {
  readonly kind: 'steps';
}

/** One of a few words. */
export interface WordOption extends Described {
  readonly kind: 'word';
  /** The words, with the meaning of each. */
  readonly words: Readonly<Record<string, string>>;
  readonly default?: string;
}

/** Options that belong together. */
export interface GroupOption extends Described {
  readonly kind: 'group';
  readonly options: OptionTable;
}

/** A choice between alternatives with their own options: `{ name: 'sgd', momentum: 0.9 }`. */
export interface ChoiceOption extends Described {
  readonly kind: 'choice';
  /** The key that names the alternative. */
  readonly key: string;
  readonly choices: Readonly<Record<string, Choice>>;
}

/** The alternatives, with the options that each of them has. */
export interface Choice {
  readonly help: string;
  readonly options: OptionTable;
  /** Says what is wrong with options that cannot be combined. */
  check?(options: Readonly<Record<string, unknown>>): Problem | undefined;
}

/** An option of a choice that conflicts with the others. */
export interface Problem {
  readonly option: string;
  readonly expected: string;
  readonly received: string;
}

/** An option of a table: its kind, range, default and help. */
export type AnyOption = NumberOption | SwitchOption | StepsOption | WordOption | GroupOption | ChoiceOption;
/** Options by their names. */
export type OptionTable = Readonly<Record<string, AnyOption>>;

/** The value that a caller gives an option. */
export type ValueOf<O> = O extends { kind: 'number' }
  ? number
  : O extends { kind: 'switch' }
    ? boolean
    : O extends { kind: 'steps' }
      ? readonly number[]
      : O extends { kind: 'word'; words: infer W }
        ? keyof W
        : O extends { kind: 'group'; options: infer T }
          ? ValuesOf<T>
          : never;

/** The options of a table as a caller gives them. */
export type ValuesOf<T> = {
  readonly [K in keyof T as T[K] extends { required: true } ? K : never]: ValueOf<T[K]>;
} & {
  readonly [K in keyof T as T[K] extends { required: true } ? never : K]?: ValueOf<T[K]>;
};

/** The same, with all defaults filled in. */
export type FilledOf<T> = {
  readonly [K in keyof T]: T[K] extends { required: true } | { default: unknown }
    ? ValueOf<T[K]>
    : ValueOf<T[K]> | undefined;
};

type Check<O> = (where: string, option: O, value: unknown) => void;

const checks: { readonly [K in AnyOption['kind']]: Check<Extract<AnyOption, { kind: K }>> } = {
  number: (where, range, value) => checkNumber(where, value, range),
  switch: checkSwitch,
  steps: checkSteps,
  word: (where, { words }, value) => checkChoice(where, value, Object.keys(words)),
  group: (where, { options }, value) => checkOptions(where, options, value),
  choice: checkChosen,
};

/** Throws INVALID_OPTION, with the path of the option, unless `value` is valid for it. */
export function checkOption(where: string, option: AnyOption, value: unknown): void {
  if (value === undefined && !option.required) return;
  if (value === null && option.nullable) return;
  (checks[option.kind] as Check<AnyOption>)(where, option, value);
}

/** Throws INVALID_OPTION for unknown options, missing ones and values out of range. */
export function checkOptions(where: string, table: OptionTable, values: unknown, alsoKnown: string[] = []): void {
  checkKeys(where, values as object, [...alsoKnown, ...Object.keys(table)]);
  for (const [key, option] of Object.entries(table)) {
    checkOption(`${where}.${key}`, option, (values as Record<string, unknown>)[key]);
  }
}

function checkChosen(where: string, { key, choices }: ChoiceOption, value: unknown): void {
  checkObject(where, value, `{ ${key}: '${Object.keys(choices)[0]}' }`);
  const name = (value as Record<string, unknown>)[key];
  checkChoice(`${where}.${key}`, name, Object.keys(choices));
  const { options, check } = choices[name];
  checkOptions(where, options, value, [key]);
  const problem = check?.(withDefaults(options, value as object));
  if (problem === undefined) return;
  const { option, expected, received } = problem;
  throw new AutoencoderError('INVALID_OPTION', { where: `${where}.${option}`, expected, received });
}

function checkSwitch(where: string, _: SwitchOption, value: unknown): void {
  if (typeof value !== 'boolean') throw invalidOption(where, 'true or false', value);
}

function checkSteps(where: string, _: StepsOption, value: unknown): void {
  const isStep = (step: unknown, i: number, all: unknown[]) =>
    Number.isSafeInteger(step) && (step as number) > (i === 0 ? -1 : (all[i - 1] as number));
  if (!Array.isArray(value) || !value.every(isStep)) {
    throw invalidOption(where, 'ascending whole numbers of at least 0', value);
  }
}

/** Returns the values with the defaults of missing ones. */
export function withDefaults<T extends OptionTable>(table: T, values: object): FilledOf<T> {
  const filled: Record<string, unknown> = { ...values };
  for (const [key, option] of Object.entries(table)) {
    if (filled[key] === undefined && 'default' in option) filled[key] = option.default;
  }
  return filled as FilledOf<T>;
}
