import { type Command, CommanderError } from 'commander';
import { CliError } from '../shell/cli-error';
import { nearest } from '../shell/nearest';
import { FlagOption, parseChoice, parseNumber, parseSize } from '../shell/options';
import { formatRows, Terminal } from '../shell/terminal';
import { helpOf, type TrainFlag, trainFlags } from './train-flags';

/** The heading of a flag in the help, by the beginning of its path in the library's options. */
const headings: Readonly<Record<string, readonly string[]>> = {
  'Training:': ['epochs', 'steps', 'minutes', 'batchSize', 'accumulate', 'records', 'seed', 'shuffle'],
  'Optimizer:': ['optimizer'],
  'Learning rate:': ['schedule'],
  'Loss and images:': ['loss', 'beta', 'betaWarmUpFraction', 'freeBits', 'augmentation'],
  'Stability:': ['clipNorm', 'averageDecay', 'earlyStopping'],
  'Network:': ['preset', 'codeSize', 'coefficients', 'zones', 'variational', 'tiedWeights', 'pixels', 'initialization'],
  'Run folder:': ['run'],
};

/** Adds the flags under a heading of the help. */
export function addFlags(command: Command, heading: keyof typeof headings & string): void {
  command.optionsGroup(heading);
  for (const flag of trainFlags) {
    const [root] = flag.paths[0].split('.');
    if (headings[heading].includes(root) && !flag.typed.startsWith('--set ')) command.addOption(optionOf(flag));
  }
}

function optionOf(flag: TrainFlag): FlagOption {
  const { typed, paths, options } = flag;
  const option = new FlagOption(typed + placeholderOf(flag), helpOf(flag), {
    typedFor: new Map(paths.map((path) => [path, typed])),
    ranges: options.filter((each) => each.kind === 'number'),
  });
  const [first] = options;
  if (first.kind === 'word') option.choices(Object.keys(first.words));
  else if (first.kind === 'switch' && !takesSize(flag)) return option;
  option.argParser((text) => parse(flag, text));
  return option;
}

/** Cropping is a switch in the library, which knows the size from the network. */
function takesSize({ paths }: TrainFlag): boolean {
  return paths[0] === 'augmentation.crop';
}

function placeholderOf(flag: TrainFlag): string {
  const [option] = flag.options;
  if (takesSize(flag)) return ' <size>';
  if (option.kind === 'switch') return '';
  if (option.kind === 'word') return ' <name>';
  return option.kind === 'steps' ? ' <steps>' : ` <${('unit' in option && option.unit) || 'n'}>`;
}

/** Parses the value of a flag; throws INVALID_OPTION. */
function parse(flag: TrainFlag, text: string): unknown {
  const { typed, options } = flag;
  if (takesSize(flag)) return parseSize(typed, text);
  const [option] = options;
  if (option.kind === 'word') return parseChoice(typed, text, Object.keys(option.words));
  if (option.kind === 'switch') return parseChoice(typed, text, ['true', 'false']) === 'true';
  if (option.kind === 'steps') {
    return text.split(',').map((part) => parseNumber(typed, part, { min: 0, integer: true }));
  }
  return parseNumber(typed, text, ...options.filter((each) => each.kind === 'number'));
}

const settable = trainFlags.filter(({ typed }) => typed.startsWith('--set '));

/** The option for everything that has no flag of its own: `--set <key=value>`, which may be repeated. */
export function setOption(): FlagOption {
  const paths = settable.flatMap((flag) => flag.paths.map((path) => [path, flag.typed] as const));
  const help = 'set an option that has no flag, such as alpha=0.9; may be repeated; --set help lists them';
  const option = new FlagOption('--set <key=value>', help, { typedFor: new Map(paths) });
  option.argParser((text, before) => ({ ...(before as object | undefined), ...parseSet(text) }));
  return option;
}

function parseSet(text: string): Record<string, unknown> {
  if (text === 'help') return listSettable();
  const at = text.indexOf('=');
  if (at < 0) {
    throw new CliError('INVALID_OPTION', `--set: expected key=value, received "${text}"; --set help lists the keys.`);
  }
  const [key, value] = [text.slice(0, at), text.slice(at + 1)];
  const flag = settable.find(({ name }) => name === key);
  if (flag) return { [flag.key]: parse(flag, value) };
  const own = trainFlags.find(({ name }) => name === key);
  if (own) throw new CliError('INVALID_OPTION', `--set ${key}: this option has its own flag; use ${own.typed}.`);
  const names = settable.map(({ name }) => name);
  throw new CliError(
    'INVALID_OPTION',
    `--set ${key}: no such key; did you mean ${nearest(key, names)}? --set help lists all keys.`,
  );
}

/** Prints the keys of `--set`, and ends the command as `--help` does. */
function listSettable(): never {
  const rows = settable.map(
    (flag) => [`${flag.name}=${placeholderOf(flag).trim() || '<true or false>'}`, helpOf(flag)] as const,
  );
  new Terminal().print(formatRows(rows));
  throw new CommanderError(0, 'commander.helpDisplayed', '(--set help)');
}
