/** What options and arguments take, by the names that stand for it in the help: from it shells know what to offer. */
import type { Argument, Option } from 'commander';
import { FlagOption } from '../shell/options';

/** Files and folders, one of a few words, or text that nobody can guess. */
export type Values =
  | { readonly kind: 'path' }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'text' };

const paths: readonly string[] = [
  ...['images', 'lmdb', 'folder', 'file', 'place', 'run', 'model', 'output', 'shards', 'program', 'kind', 'files'],
  ...['out', 'out.png', 'out.lmdb', 'out.binaryproto', 'file.html', 'config.json'],
];

/** What is checked where it is read; a database's or an image's name is known only once there is one. */
const texts: readonly string[] = [
  ...['n', 'steps', 'epochs', 'nats', 'seconds', 'MB', 'port', 'size', 'color', 'key=value'],
  ...['name', 'key', 'image', 'first', 'second', 'version', 'which'],
];

const words: Readonly<Record<string, readonly string[]>> = {
  'i/n': ['auto'],
  engine: ['tensorflow'],
};

/** Returns what a placeholder such as `folder` stands for; undefined for one that nobody has described. */
export function valuesOf(placeholder: string): Values | undefined {
  if (paths.includes(placeholder)) return { kind: 'path' };
  if (placeholder in words) return { kind: 'words', words: words[placeholder] };
  return texts.includes(placeholder) ? { kind: 'text' } : undefined;
}

/** Returns the name in `<folder>` or `[seconds]`; undefined for a switch. */
export function placeholderOf({ flags }: Option): string | undefined {
  return /[<[]([^>\]]+)[>\]]$/.exec(flags)?.[1];
}

/** Returns what an option takes; undefined for a switch. */
export function optionValues(option: Option): Values | undefined {
  const placeholder = placeholderOf(option);
  if (placeholder === undefined) return undefined;
  const ranges = option instanceof FlagOption ? option.ranges : [];
  const said = option.argChoices ?? ranges.flatMap((range) => range.words ?? []);
  return said.length > 0 ? { kind: 'words', words: said } : (valuesOf(placeholder) ?? { kind: 'text' });
}

/** Returns what an argument takes. */
export function argumentValues(argument: Argument): Values {
  if (argument.argChoices) return { kind: 'words', words: argument.argChoices };
  return valuesOf(argument.name()) ?? { kind: 'text' };
}
