import {
  type ChoiceOption,
  type Recipe,
  type RecipeName,
  recipeKeys,
  recipes,
  resolveRecipe,
  trainingOptions,
} from '@ae/autoencoder/options';
import { CliError } from '../shell/cli-error';
import { either } from '../shell/options';
import { flagFor, givenValues, type TrainFlag, trainFlags } from './train-flags';

type Given = ReadonlyMap<string, unknown>;
type Parts = Readonly<Record<string, unknown>>;

/**
 * Returns the recipe options that flags change, checked against each other: throws INVALID_OPTION for everything that the library would
 * refuse.
 */
export function recipeChanges(flags: Parts, base: Recipe): Partial<Recipe> {
  const given = givenValues(flags);
  for (const flag of trainFlags) assertOwned(flag, given, base);
  for (const [path, need] of Object.entries(needs)) assertNeeded(path, need, given, base);
  const changes = recipeKeys.map((key) => [key, changeOf(key, given, base[key])] as const);
  const made: Partial<Recipe> = Object.fromEntries(changes.filter(([, value]) => value !== undefined));
  resolveRecipe('default', { ...base, ...made });
  return made;
}

function changeOf(key: keyof Recipe, given: Given, base: unknown): unknown {
  const option = trainingOptions[key];
  if (option.kind === 'choice') return choose(key, option, given, base as Parts);
  if (option.kind !== 'group') return given.get(key);
  const parts = Object.keys(option.options).flatMap((part) => {
    const value = given.get(`${key}.${part}`);
    // A size; the library only needs to know that there is one.
    return value === undefined ? [] : [[part, typeof value === 'object' ? true : value]];
  });
  return parts.length === 0 ? undefined : { ...(base as Parts | null), ...Object.fromEntries(parts) };
}

/** Returns a choice with the options that were given; a previous choice keeps its options unless another is made. */
function choose(key: string, { key: by, choices }: ChoiceOption, given: Given, base: Parts): unknown {
  const chosen = given.get(`${key}.${by}`);
  const name = String(chosen ?? base[by]);
  const own = Object.entries(choices[name].options);
  const parts = own.flatMap(([part]) => {
    const value = given.get(`${key}.${part}`);
    return value === undefined ? [] : [[part, value] as const];
  });
  if (chosen === undefined && parts.length === 0) return undefined;
  const whole: Parts = { ...(name === base[by] && base), [by]: name, ...Object.fromEntries(parts) };
  const missing = own.find(([part, { required }]) => required && whole[part] === undefined);
  if (!missing) return whole;
  const { typed } = flagFor(`${key}.${missing[0]}`);
  throw invalid(`${flagFor(`${key}.${by}`).typed} ${name} requires ${typed}; add it.`);
}

/** Throws for an option that does not belong to what is chosen. */
function assertOwned(flag: TrainFlag, given: Given, base: Recipe): void {
  if (flag.owners.length === 0 || !flag.paths.some((path) => given.has(path))) return;
  const chosen = flag.paths.map((path) => chosenFor(path, given, base));
  if (chosen.some(({ name }) => flag.owners.includes(name))) return;
  const [{ key, chooser, name }] = chosen;
  const { choices }: ChoiceOption = trainingOptions[key];
  const takers = Object.keys(choices).filter((choice) => flag.owners.includes(choice));
  throw invalid(
    `${flag.typed} applies to ${chooser} ${either(takers)}, not ${name}; leave it out, or choose another ${key}.`,
  );
}

function chosenFor(path: string, given: Given, base: Recipe) {
  const key = path.replace(/\..*$/, '') as 'optimizer' | 'schedule' | 'loss';
  const by = trainingOptions[key].key;
  const name = String(given.get(`${key}.${by}`) ?? (base[key] as Parts)[by]);
  return { key, name, chooser: flagFor(`${key}.${by}`).typed };
}

/** Options that have no meaning without another one of their group. */
const needs = {
  'records.passes': { other: 'records.perEpoch', todo: 'add --records, or use --epochs' },
  'earlyStopping.threshold': { other: 'earlyStopping.patience', todo: 'add it' },
} as const;

function assertNeeded(path: string, need: (typeof needs)[keyof typeof needs], given: Given, base: Recipe): void {
  const [key] = path.split('.') as ['records' | 'earlyStopping'];
  if (!given.has(path) || given.has(need.other) || base[key] !== null) return;
  const others = (Object.keys(recipes) as RecipeName[]).filter((name) => recipes[name][key] !== null);
  const ways = [flagFor(need.other).typed, ...others.map((name) => `--recipe ${name}`)];
  throw invalid(`${flagFor(path).typed} requires ${either(ways)}; ${need.todo}.`);
}

function invalid(message: string): CliError {
  return new CliError('INVALID_OPTION', message);
}
