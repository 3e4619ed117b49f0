/** The flags of `ae train` that stand for options of the library: their names, ranges and help texts come from the library's own table. */
import {
  type AnyOption,
  type NumberRange,
  networkOptions,
  type OptionTable,
  recipes,
  resolveRecipe,
  runOptions,
  trainingOptions,
} from '@ae/autoencoder/options';

/** A flag, and what it stands for. */
export interface TrainFlag {
  /** `step-values` */
  readonly name: string;
  /** What the user types: `--step-values`, or `--set alpha` for an option without a flag of its own. */
  readonly typed: string;
  /** Its name in commander: `stepValues`. */
  readonly key: string;
  /** Its path in the library: `schedule.stepValues`. Two choices may have an option of the same name. */
  readonly paths: readonly string[];
  /** What it takes; more than one entry if choices differ in their ranges. */
  readonly options: readonly AnyOption[];
  /** The choices that it belongs to: `multistep`; empty if it belongs to none. */
  readonly owners: readonly string[];
  /** It turns something off: `--no-shuffle`. */
  readonly isNegated: boolean;
}

/** Names that do not follow from the library's. */
const names: Readonly<Record<string, string>> = {
  'optimizer.name': 'optimizer',
  'schedule.policy': 'schedule',
  'loss.name': 'loss',
  'loss.weight': 'ssim-weight',
  'records.perEpoch': 'records',
  'records.passes': 'iters',
  'earlyStopping.patience': 'early-stopping',
  'earlyStopping.threshold': 'early-stopping-threshold',
  'pixels.scale': 'pixel-scale',
  'initialization.scheme': 'init',
  'initialization.seed': 'init-seed',
  'run.checkpointSteps': 'checkpoint-every',
  'run.logSteps': 'log-every',
};

/** Options that few people change have no flag of their own: `--set <key>=<value>`. */
const settable: readonly string[] = [
  ...['dense-factor', 'dense-every', 'dampening', 'epsilon', 'alpha', 'centered', 'initial-accumulator'],
  ...['warm-up-steps', 'warm-up-fraction', 'final-fraction', 'decay-fraction', 'threshold', 'min-learning-rate'],
  ...['channel-order', 'log-every'],
];

/** Ranges narrower than the library's: a run without an epoch is useless, and a seed must fit in config.json and in Python. */
const seeds = { min: 0, max: 2 ** 32 - 1, integer: true };
const ranges: Readonly<Record<string, NumberRange>> = {
  epochs: { min: 1, integer: true },
  seed: seeds,
  'initialization.seed': seeds,
};

interface Leaf {
  readonly path: string;
  readonly option: AnyOption;
  readonly owner?: string;
}

/** Lists the options of a table, including those within groups and choices. */
function leavesOf(table: OptionTable, prefix = ''): Leaf[] {
  return Object.entries(table).flatMap(([key, option]) => {
    const path = prefix + key;
    if (option.kind === 'group') return leavesOf(option.options, `${path}.`);
    if (option.kind !== 'choice') return [{ path, option: { ...option, ...ranges[path] } as AnyOption }];
    const choices = Object.entries(option.choices);
    const words = Object.fromEntries(choices.map(([name, { help }]) => [name, help]));
    const choice: Leaf = { path: `${path}.${option.key}`, option: { kind: 'word', words, help: option.help } };
    const owned = choices.flatMap(([owner, { options }]) =>
      leavesOf(options, `${path}.`).map((leaf) => ({ ...leaf, owner })),
    );
    return [choice, ...owned];
  });
}

function nameOf(path: string): string {
  return names[path] ?? path.replace(/^.*\./, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function flagOf(name: string, leaves: readonly Leaf[]): TrainFlag {
  const paths = [...new Set(leaves.map(({ path }) => path))];
  const isNegated = (recipes.default as Readonly<Record<string, unknown>>)[paths[0]] === true;
  return {
    name,
    typed: settable.includes(name) ? `--set ${name}` : `--${isNegated ? 'no-' : ''}${name}`,
    key: name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()),
    paths,
    options: leaves.map(({ option }) => option),
    owners: leaves.flatMap(({ owner }) => owner ?? []),
    isNegated,
  };
}

function listFlags(): TrainFlag[] {
  const { keep, checkpointSteps, logSteps } = runOptions;
  const leaves = [
    ...leavesOf(trainingOptions),
    ...leavesOf(networkOptions),
    ...leavesOf({ checkpointSteps, keep, logSteps }, 'run.'),
  ];
  const all = [...new Set(leaves.map(({ path }) => nameOf(path)))];
  return all.map((name) =>
    flagOf(
      name,
      leaves.filter(({ path }) => nameOf(path) === name),
    ),
  );
}

/** All flags, in the order of the library's table. */
export const trainFlags: readonly TrainFlag[] = listFlags();

/** Returns the flag for an option of the library. */
export function flagFor(path: string): TrainFlag {
  const flag = trainFlags.find(({ paths }) => paths.includes(path));
  if (!flag) throw new RangeError(`no flag stands for ${path}`);
  return flag;
}

/** Returns the values given on the command line, by their paths in the library. */
export function givenValues(flags: Readonly<Record<string, unknown>>): ReadonlyMap<string, unknown> {
  return new Map(
    trainFlags.flatMap(({ key, paths, isNegated }) => {
      const value = flags[key];
      const isGiven = value !== undefined && !(isNegated && value === true);
      return isGiven ? paths.map((path) => [path, value] as const) : [];
    }),
  );
}

/** Describes a flag: what it does, which choices it belongs to, and its default. */
export function helpOf(flag: TrainFlag): string {
  const { options, owners, paths, isNegated } = flag;
  const [{ help }] = options;
  if (isNegated) return `do not ${help}`;
  const ofOwners = owners.length > 0 && !everyOwner(paths[0], owners) ? `, for ${owners.join(', ')}` : '';
  const value = help.includes('(default') ? undefined : (defaultByRecipe(paths[0]) ?? defaultByOwner(flag));
  return help.replace(/( \(default.*)?$/, (known) => `${ofOwners}${known}${value ? ` (default: ${value})` : ''}`);
}

function everyOwner(path: string, owners: readonly string[]): boolean {
  const option = rootOf(path);
  return option.kind === 'choice' && Object.keys(option.choices).every((choice) => owners.includes(choice));
}

/** "8; plain 32, torch7 1"; nothing if the recipes do not differ. */
function defaultByRecipe(path: string): string | undefined {
  const values = Object.keys(recipes).map((name) => [name, recipeValue(name as keyof typeof recipes, path)] as const);
  const told = values.filter(([, value]) => typeof value === 'number' || typeof value === 'string');
  const isRule = told.length === values.length;
  if (isRule) return new Set(told.map(([, value]) => value)).size > 1 ? inWords(told, true) : undefined;
  return rootOf(path).nullable ? inWords(told, false) : undefined;
}

function rootOf(path: string): AnyOption {
  const root: AnyOption | undefined = { ...trainingOptions, ...networkOptions }[path.replace(/\..*$/, '')];
  return root ?? { kind: 'group', help: '', options: runOptions };
}

function recipeValue(name: keyof typeof recipes, path: string): unknown {
  const { epochs, scheme } = recipes[name];
  const whole: unknown = { ...resolveRecipe(name), epochs, initialization: { scheme } };
  return path.split('.').reduce((value, key) => (value as Record<string, unknown> | null | undefined)?.[key], whole);
}

/** "0; adamw 0.01": the default of the table, or else the value that all recipes use. */
function defaultByOwner({ options, owners, paths: [path] }: TrainFlag): string | undefined {
  const root = rootOf(path);
  if (root.nullable) return undefined;
  const byRecipe = recipeValue('default', path);
  const values = options.map(
    (option, i) => [owners[i] ?? '', 'default' in option ? option.default : owners[i] ? undefined : byRecipe] as const,
  );
  const told = values.filter(([, value]) => typeof value === 'number' || typeof value === 'string');
  return inWords(told, told.length === values.length);
}

/** The common value, then the names of those with others; all names if there is no common value. */
function inWords(values: readonly (readonly [name: string, value: unknown])[], isRule: boolean): string | undefined {
  if (values.length === 0) return undefined;
  const [[, usual]] = values;
  const others = values.filter(([, value]) => !isRule || value !== usual).map(([name, value]) => `${name} ${value}`);
  return [...(isRule ? [String(usual)] : []), ...(others.length > 0 ? [others.join(', ')] : [])].join('; ');
}
