import { CliError } from '../shell/cli-error';
import { either } from '../shell/options';

/** Options that only some choices of another option have, such as the momentum of some optimisers. */
export interface OwnedOptions {
  /** The option that chooses, such as `--optimizer`. */
  readonly flag: string;
  /** By choice, the options it has, as commander names them. */
  readonly table: Readonly<Record<string, readonly string[]>>;
}

/** Names the choices that have an option. */
export function takers({ table }: OwnedOptions, option: string): string[] {
  return Object.keys(table).filter((choice) => table[choice].includes(option));
}

/** Lists all options that any choice has. */
export function ownedNames({ table }: OwnedOptions): string[] {
  return [...new Set(Object.values(table).flat())];
}

/** Gathers the options of one choice that were given; one that it doesn't have is an error, unless `elsewhere` has it. */
export function gatherOwned(
  owned: OwnedOptions,
  choice: string,
  flags: Readonly<Record<string, unknown>>,
  elsewhere: readonly string[] = [],
): Record<string, unknown> {
  const gathered: Record<string, unknown> = {};
  for (const option of ownedNames(owned)) {
    if (flags[option] === undefined) continue;
    if (owned.table[choice].includes(option)) gathered[option] = flags[option];
    else if (!elsewhere.includes(option)) throw notTaken(owned, option, choice);
  }
  return gathered;
}

function notTaken(owned: OwnedOptions, option: string, choice: string): CliError {
  const what = owned.flag.replace('--', '');
  return new CliError(
    'INVALID_OPTION',
    `${flagOf(option)}: expected with ${owned.flag} ${either(takers(owned, option))}, ` +
      `received ${owned.flag} ${choice}; leave it out, or name the ${what}.`,
  );
}

/** `stepSize` -> `--step-size` */
export function flagOf(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
