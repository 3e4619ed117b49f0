import { Command, Option } from 'commander';
import { version } from '../../package.json';
import { CliError } from './cli-error';

/** What every command understands. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** Starts a command that fails by throwing, and that has the options every command has. */
export function defineCommand(name: string, summary: string): Command {
  return withoutExit(new Command(name))
    .description(summary)
    .option('--json', 'print JSON for programs instead of text')
    .option('--verbose', 'show where in the code an error came from');
}

/** Makes a command throw instead of ending the process, and answer `--version`. */
export function withoutExit(command: Command): Command {
  return command
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .configureOutput({ outputError: () => {} })
    .exitOverride();
}

export interface NumberRange {
  readonly min?: number;
  readonly max?: number;
  /** In place of `max`: the first number that is too large. */
  readonly below?: number;
  /** The minimum itself is out of range. */
  readonly above?: boolean;
  readonly integer?: boolean;
  /** Words that are accepted in place of a number. */
  readonly words?: readonly string[];
}

/** An option that takes a number; anything else ends in one sentence that says what is accepted. */
export function numberOption(flags: string, description: string, range: NumberRange): Option {
  const option = new Option(flags, description);
  return option.argParser((text) => parseNumber(`--${option.name()}`, text, range));
}

/** Reads a number, or a fraction such as 1/256, in a range. */
export function parseNumber(name: string, text: string, range: NumberRange): number | string {
  if (range.words?.includes(text)) return text;
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, below = Number.POSITIVE_INFINITY } = range;
  const { above = false, integer = false } = range;
  const [numerator, denominator = '1', ...more] = text.split('/');
  const value = numerator.trim() && denominator.trim() ? Number(numerator) / Number(denominator) : Number.NaN;
  const inRange = Number.isFinite(value) && (above ? value > min : value >= min) && value <= max && value < below;
  if (inRange && more.length === 0 && (!integer || Number.isSafeInteger(value))) return value;
  throw new CliError('INVALID_OPTION', `${name}: expected ${describeRange(range)}, received "${text}".`);
}

function describeRange({ min, max, below, above, integer, words = [] }: NumberRange): string {
  const kind = integer ? 'a whole number' : 'a number';
  if (below !== undefined) return `${kind} ${above ? 'above' : 'of at least'} ${min ?? 0} and below ${below}`;
  const low =
    min === undefined ? '' : above ? ` above ${min}` : max === undefined ? ` of at least ${min}` : ` from ${min}`;
  const high = max === undefined ? '' : low ? ` to ${max}` : ` of at most ${max}`;
  return [kind + low + high, ...words].join(' or ');
}

/** "a, b or c" */
export function either(words: readonly string[]): string {
  return [words.slice(0, -1).join(', '), words.at(-1)].filter(Boolean).join(' or ');
}

/** An option that takes one of a few words. */
export function choiceOption(flags: string, description: string, choices: readonly string[]): Option {
  const option = new Option(flags, description).choices(choices);
  return option.argParser((text) => {
    if (choices.includes(text)) return text;
    throw new CliError('INVALID_OPTION', `--${option.name()}: expected ${either(choices)}, received "${text}".`);
  });
}
