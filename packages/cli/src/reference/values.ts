/** The values that options and arguments take, by their placeholders in the help, so that shells know what to offer. */
import type { Argument, Option } from 'commander';
import { FlagOption } from '../shell/options';

/** Files and folders, one of a few words, or free text. */
export type Values =
  | { readonly kind: 'path' }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'text' };

const paths: readonly string[] = [
  ...['images', 'lmdb', 'folder', 'file', 'place', 'run', 'model', 'output', 'shards', 'program', 'kind', 'files'],
  ...['out', 'out.png', 'out.lmdb', 'out.binaryproto', 'file.html', 'config.json'],
];

/** Values that are checked where they are used, because the names of databases and images are known only then. */
const texts: readonly string[] = [
  ...['n', 'steps', 'epochs', 'nats', 'seconds', 'MB', 'port', 'size', 'color', 'key=value'],
  ...['name', 'key', 'image', 'first', 'second', 'version', 'which'],
];

const words: Readonly<Record<string, readonly string[]>> = {
  'i/n': ['auto'],
  engine: ['tensorflow'],
};

/** Returns the values that a placeholder such as `folder` stands for; undefined for an unknown placeholder. */
export function valuesOf(placeholder: string): Values | undefined {
  if (paths.includes(placeholder)) return { kind: 'path' };
  if (placeholder in words) return { kind: 'words', words: words[placeholder] };
  return texts.includes(placeholder) ? { kind: 'text' } : undefined;
}

/** Returns the name in `<folder>` or `[seconds]`; undefined for a switch. */
export function placeholderOf({ flags }: Option): string | undefined {
  return /[<[]([^>\]]+)[>\]]$/.exec(flags)?.[1];
}

/** Returns the values that an option takes; undefined for a switch. */
export function optionValues(option: Option): Values | undefined {
  const placeholder = placeholderOf(option);
  if (placeholder === undefined) return undefined;
  const ranges = option instanceof FlagOption ? option.ranges : [];
  const said = option.argChoices ?? ranges.flatMap((range) => range.words ?? []);
  return said.length > 0 ? { kind: 'words', words: said } : (valuesOf(placeholder) ?? { kind: 'text' });
}

/** Returns the values that an argument takes. */
export function argumentValues(argument: Argument): Values {
  if (argument.argChoices) return { kind: 'words', words: argument.argChoices };
  return valuesOf(argument.name()) ?? { kind: 'text' };
}
