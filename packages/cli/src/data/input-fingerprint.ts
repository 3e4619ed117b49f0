/** Identifies the images at a path without reading them. */
import { createHash, type Hash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { isPattern } from '@ae/images/files';

/** The fingerprint of an input's files, and their total size in bytes. */
export interface Fingerprint {
  readonly hash: string;
  readonly bytes: number;
}

/** Returns a hash of the paths, sizes and modification times of all files of an input. */
export async function fingerprintOf(input: string): Promise<Fingerprint> {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const place of isPattern(input) ? await filesOf(input) : [input]) {
    // A pattern also finds names that are not UTF-8, by which no file can be opened; they are skipped later, with a note.
    hash.update(fs.existsSync(place) ? fs.realpathSync(place) : place);
    bytes += addTo(hash, place, '', new Set());
  }
  return { hash: hash.digest('hex'), bytes };
}

async function filesOf(pattern: string): Promise<string[]> {
  const { expandInput } = await import('@ae/images/archives');
  return expandInput(pattern);
}

/** Returns the total size of the files in bytes. */
function addTo(hash: Hash, place: string, name: string, above: ReadonlySet<string>): number {
  const stats = fs.statSync(place, { throwIfNoEntry: false });
  if (!stats) return 0;
  if (!stats.isDirectory()) {
    hash.update(`${name}\0${stats.size} ${stats.mtimeMs}\n`);
    return stats.size;
  }
  // A link may lead back to a folder that contains it.
  const id = `${stats.dev}:${stats.ino}`;
  if (above.has(id)) return 0;
  const entries = fs.readdirSync(place).filter((entry) => !entry.startsWith('.'));
  let bytes = 0;
  for (const entry of entries.sort()) {
    bytes += addTo(hash, path.join(place, entry), `${name}/${entry}`, new Set([...above, id]));
  }
  return bytes;
}
