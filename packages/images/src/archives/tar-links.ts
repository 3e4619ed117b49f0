/** Links in a tar lead to files that are in it, as links in a folder do. */
import path from 'node:path';
import type { ArchiveEntry } from './entry';

export interface Link {
  readonly name: string;
  readonly target: string;
  /** Of the tar in a tar that it is in. */
  readonly prefix: string;
  /** From its own folder on; another one from that of the tar on. */
  readonly isSymbolic: boolean;
}

const mostHops = 40;

/** Gives links the place of what they lead to. One that leads to a folder, or out of the tar, keeps none. */
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
