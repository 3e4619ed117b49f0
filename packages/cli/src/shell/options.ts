import { isInRange, type NumberRange, rangeInWords } from '@ae/autoencoder/options';
import { Command, Option } from 'commander';
import { version } from '../../package.json';
import { CliError } from './cli-error';
import { helpLayout } from './help-layout';
import { addShortFlag } from './short-flags';

/** What every command understands. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** Starts a command that fails by throwing; `finishCommand` adds what every command has. */
export function defineCommand(name: string, summary: string): Command {
  return new Command(name)
    .description(summary)
    .configureOutput({ outputError: () => {} })
    .exitOverride();
}

/** Adds what every command has, after its own options: short flags, common options, the layout of the help. */
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

/** A range of numbers, and words that are accepted in place of one. */
export interface NumberOrWord extends NumberRange {
  readonly words?: readonly string[];
}

/** An option of the command line that says which numbers it takes, and which options of a library it stands for. */
export class FlagOption extends Option {
  /** What a person types, by the path of the library's option: `--step-values` for `schedule.stepValues`. */
  readonly typedFor: ReadonlyMap<string, string>;
  /** The numbers that it takes; more than one range where choices differ. */
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

/** Says what a number may be, in words: "a whole number from 1 to 64 or auto". */
export function rangeOrWords(range: NumberOrWord): string {
  return [rangeInWords(range), ...(range.words ?? [])].join(' or ');
}

/** Returns what a person types for an option of a library that has this path, where the command has such an option. */
export function typedFor(command: Command, path: string): string | undefined {
  for (const option of command.options) {
    const typed = option instanceof FlagOption ? option.typedFor.get(path) : undefined;
    if (typed ?? option.attributeName() === path) return typed ?? option.long;
  }
  return undefined;
}

/** An option that takes a number; anything else ends in one sentence that says what is accepted. */
export function numberOption(flags: string, description: string, range: NumberOrWord): Option {
  const option = new FlagOption(flags, description, { ranges: [range] });
  return option.argParser((text) => parseNumber(`--${option.name()}`, text, range));
}

/** Reads a number, or a fraction such as 1/256, that one of the ranges has; the last of them is what an error names. */
export function parseNumber(name: string, text: string, ...ranges: readonly NumberOrWord[]): number | string {
  if (ranges.some(({ words }) => words?.includes(text))) return text;
  const [numerator, denominator = '1', ...more] = text.split('/');
  const value = numerator.trim() && denominator.trim() ? Number(numerator) / Number(denominator) : Number.NaN;
  if (more.length === 0 && ranges.some((range) => isInRange(value, range))) return value;
  const range = ranges[ranges.length - 1];
  throw new CliError('INVALID_OPTION', `${name}: expected ${rangeOrWords(range)}, received "${text}".`);
}

/** Reads a size such as 64 or 48x64, height first. */
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

/** Reads one of a few words. */
export function parseChoice(name: string, text: string, choices: readonly string[]): string {
  if (choices.includes(text)) return text;
  throw new CliError('INVALID_OPTION', `${name}: expected ${either(choices)}, received "${text}".`);
}
