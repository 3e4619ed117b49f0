/** Looks at files before and after, and makes those that no program should wait for. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { openDatumLmdb } from '@ae/lmdb-datum';

/** The checksum of each file below a folder, by its path. */
export function snapshot(folder) {
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
  const regular = files.filter((name) => lstatSync(path.join(folder, name)).isFile());
  return new Map(regular.map((name) => [name, digest(readFileSync(path.join(folder, name)))]));
}

/** The names of files that are gone or were changed, but for those that `mayChange` allows. */
export function lost(before, after, mayChange = () => false) {
  return [...before].filter(([name, sum]) => after.get(name) !== sum && !mayChange(name)).map(([name]) => name);
}

/** A checksum of all records of a database, keys and values. */
export function digestOfRecords(file) {
  const hash = createHash('sha256');
  const reader = openDatumLmdb(file);
  try {
    for (const { keyBytes, datum } of reader.entries())
      hash.update(keyBytes).update(String(datum.label)).update(datum.data);
    return `${reader.length} ${hash.digest('hex')}`;
  } finally {
    reader.close();
  }
}

export const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Files of kinds that end no reading or cannot be read, by name. */
export const specialFiles = {
  pipe: (file) => execFileSync('mkfifo', [file]),
  device: (file) => symlinkSync('/dev/zero', file),
  loop: (file) => symlinkSync(path.basename(file), file),
  folder: (file) => mkdirSync(file),
};
