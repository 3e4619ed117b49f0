/** Resolves links in an archive to files in it, like links in a folder. */
import path from 'node:path';
import type { ArchiveEntry } from './entry';

export interface Link {
  readonly name: string;
  readonly target: string;
  /** That of the nested tar that it is in. */
  readonly prefix: string;
  /** The target is relative to the folder of the link; that of a hard link is relative to the root of the tar. */
  readonly isSymbolic: boolean;
}

const mostHops = 40;

/** Gives links the contents that they lead to. One that leads to a folder or out of the archive gets none. */
export function followLinks(entries: readonly ArchiveEntry[], links: readonly Link[]): ArchiveEntry[] {
  const files = new Map(entries.map(({ name, packed }) => [name, packed]));
  const targets = new Map(links.map((link) => [link.name, targetOf(link)]));
  return entries.map((entry) => {
    let name: string | undefined = entry.name;
    for (let hop = 0; hop < mostHops && name !== undefined && targets.has(name); hop++) name = targets.get(name);
    const packed = name === undefined ? undefined : files.get(name);
    return packed && packed !== entry.packed ? { ...entry, packed } : entry;
  });
}

function targetOf({ name, target, prefix, isSymbolic }: Link): string | undefined {
  if (target.startsWith('/')) return undefined;
  const from = isSymbolic ? path.posix.dirname(name) : prefix;
  const whole = path.posix.join(from, target);
  return whole.startsWith('..') ? undefined : whole;
}
