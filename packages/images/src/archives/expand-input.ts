/** Finds the files that match a pattern. */
import { NotReadableError } from '../errors';
import { hasArchiveExtension } from '../files/archive-kind';
import { filesMatching } from '../files/glob';
import { isPattern, isSpecial } from '../files/patterns';
import { hasImageExtension } from '../kind/kind';

const range = /\{(\d+)\.\.(\d+)\}/;
const mostOfRange = 1_000_000;

/**
 * Returns the files that match a pattern, in byte order of their names or in the order of a range. @throws NotReadableError if there are
 * none
 */
export function expandInput(name: string): string[] {
  if (!isPattern(name)) return [name];
  const names = expandRange(name).flatMap((each) => (isSpecial(each) ? filesOf(each) : [each]));
  if (names.length > 0) return names;
  const todo = 'check it, and quote it so that the shell does not expand it';
  throw new NotReadableError({ state: `${name} matches no files`, todo }, { path: name });
}

/** Numbers are padded to the width of the first one. */
function expandRange(name: string): string[] {
  const [whole, first, last] = range.exec(name) ?? [];
  if (whole === undefined) return [name];
  const count = Number(last) - Number(first) + 1;
  if (!(count > 0 && count <= mostOfRange)) return [];
  return Array.from({ length: count }, (_, i) =>
    name.replace(whole, String(Number(first) + i).padStart(first.length, '0')),
  ).flatMap(expandRange);
}

function filesOf(pattern: string): string[] {
  const found = filesMatching(pattern, false);
  const wanted = found.filter((name) => hasImageExtension(name) || hasArchiveExtension(name));
  // If none exists, the error names them.
  return wanted.length > 0 ? wanted : found;
}
