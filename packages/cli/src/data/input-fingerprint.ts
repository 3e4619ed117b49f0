/** What tells images from others that lie in the same place, without reading them. */
import { createHash, type Hash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { isPattern } from '@ae/images/files';

/** Returns a hash of the paths, sizes and times of change of all files of an input. */
export async function fingerprintOf(input: string): Promise<string> {
  const hash = createHash('sha256');
  for (const place of isPattern(input) ? await filesOf(input) : [input]) {
    hash.update(fs.realpathSync(place));
    addTo(hash, place, '', new Set());
  }
  return hash.digest('hex');
}

async function filesOf(pattern: string): Promise<string[]> {
  const { expandInput } = await import('@ae/images/archives');
  return expandInput(pattern);
}

function addTo(hash: Hash, place: string, name: string, above: ReadonlySet<string>): void {
  const stats = fs.statSync(place, { throwIfNoEntry: false });
  if (!stats) return;
  if (!stats.isDirectory()) {
    hash.update(`${name}\0${stats.size} ${stats.mtimeMs}\n`);
    return;
  }
  // A link may lead back to a folder that it is in.
  const id = `${stats.dev}:${stats.ino}`;
  if (above.has(id)) return;
  const entries = fs.readdirSync(place).filter((entry) => !entry.startsWith('.'));
  for (const entry of entries.sort()) addTo(hash, path.join(place, entry), `${name}/${entry}`, new Set([...above, id]));
}
