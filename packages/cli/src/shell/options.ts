import { isInRange, type NumberRange, rangeInWords } from '@ae/autoencoder/options';
import { Command, Option } from 'commander';
import { version } from '../../package.json';
import { CliError } from './cli-error';
import { helpLayout } from './help-layout';
import { addShortFlag } from './short-flags';

/** The options that every command has. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** Creates a command that throws on errors; `finishCommand` adds what every command has. */
export function defineCommand(name: string, summary: string): Command {
  return new Command(name)
    .description(summary)
    .configureOutput({ outputError: () => {} })
    .exitOverride();
}

/** Adds, after a command's own options, what every command has: short flags, common options, and the layout of the help. */
export function finishCommand(command: Command): Command {
  for (const option of command.options) addShortFlag(option);
  const isGroup = command.parent === null && command.commands.length > 0;
  command.optionsGroup(isGroup ? 'Options:' : 'Every command:');
  if (!isGroup) {
    command
      .option('--json', 'print JSON for programs instead of text')
      .option('--verbose', 'show where in the code an error came from');
  }
  command
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .configureHelp(helpLayout);
  for (const child of command.commands) finishCommand(child);
  return command;
}

/** A range of numbers, and words that are accepted instead of a number. */
export interface NumberOrWord extends NumberRange {
  readonly words?: readonly string[];
}

/** A command-line option that declares the numbers it takes and the library options it stands for. */
export class FlagOption extends Option {
  /** The names that the user types, by the path of the library's option: `--step-values` for `schedule.stepValues`. */
  readonly typedFor: ReadonlyMap<string, string>;
  /** The numbers that it takes; several ranges if they depend on another choice. */
  readonly ranges: readonly NumberOrWord[];

  constructor(
    flags: string,
    description: string,
    {
      typedFor = new Map(),
      ranges = [],
    }: { readonly typedFor?: ReadonlyMap<string, string>; readonly ranges?: readonly NumberOrWord[] } = {},
  ) {
    super(flags, description);
    this.typedFor = typedFor;
    this.ranges = ranges;
  }
}

/** Describes a range: "a whole number from 1 to 64 or auto". */
export function rangeOrWords(range: NumberOrWord): string {
  return [rangeInWords(range), ...(range.words ?? [])].join(' or ');
}

/** Returns the flag for the library option with this path, if the command has one. */
export function typedFor(command: Command, path: string): string | undefined {
  for (const option of command.options) {
    const typed = option instanceof FlagOption ? option.typedFor.get(path) : undefined;
    if (typed ?? option.attributeName() === path) return typed ?? option.long;
  }
  return undefined;
}

/** An option that takes a number; for anything else, the error says what is accepted. */
export function numberOption(flags: string, description: string, range: NumberOrWord): Option {
  const option = new FlagOption(flags, description, { ranges: [range] });
  return option.argParser((text) => parseNumber(`--${option.name()}`, text, range));
}

/** Parses a number, or a fraction such as 1/256, within one of the ranges; an error describes the last range. */
export function parseNumber(name: string, text: string, ...ranges: readonly NumberOrWord[]): number | string {
  if (ranges.some(({ words }) => words?.includes(text))) return text;
  const [numerator, denominator = '1', ...more] = text.split('/');
  const value = numerator.trim() && denominator.trim() ? Number(numerator) / Number(denominator) : Number.NaN;
  if (more.length === 0 && ranges.some((range) => isInRange(value, range))) return value;
  const range = ranges[ranges.length - 1];
  throw new CliError('INVALID_OPTION', `${name}: expected ${rangeOrWords(range)}, received "${text}".`);
}

/** Parses a size such as 64 or 48x64, height first. */
export function parseSize(flag: string, text: string): ImageSize {
  const parts = text.split('x');
  if (parts.length > 2 || parts.includes('')) {
    throw new CliError('INVALID_OPTION', `${flag}: expected a size such as 64 or 48x64, received "${text}".`);
  }
  const [height, width = height] = parts.map((part) =>
    Number(parseNumber(flag, part, { min: 1, max: 65500, integer: true })),
  );
  return { height, width };
}

export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

/** "a, b or c" */
export function either(words: readonly string[]): string {
  return [words.slice(0, -1).join(', '), words.at(-1)].filter(Boolean).join(' or ');
}

/** An option that takes one of a few words. */
export function choiceOption(flags: string, description: string, choices: readonly string[]): Option {
  const option = new Option(flags, description).choices(choices);
  return option.argParser((text) => parseChoice(`--${option.name()}`, text, choices));
}

/** Parses one of a few words. */
export function parseChoice(name: string, text: string, choices: readonly string[]): string {
  if (choices.includes(text)) return text;
  throw new CliError('INVALID_OPTION', `${name}: expected ${either(choices)}, received "${text}".`);
}
