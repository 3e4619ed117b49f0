/** Finds programs on the PATH. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { reportMissing, requiredWords } from './requirements.mjs';

/**
 * Returns the files of these names on the PATH, in the order of the PATH.
 *
 * @param {readonly string[]} names
 */
export function onPath(names) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).filter((file) => existsSync(file));
}

/**
 * Says whether LMDB's own tools are there.
 *
 * @param {string} skipped the tests that need them
 * @throws {Error} where AE_REQUIRE names mdb-tools
 */
export function hasLmdbTools(skipped) {
  requiredWords();
  const missing = ['mdb_stat', 'mdb_dump'].filter((name) => onPath([name]).length === 0);
  if (missing.length === 0) return true;
  reportMissing('mdb-tools', `${missing.join(' and ')} not found on the PATH (Debian: lmdb-utils).`, skipped);
  return false;
}

/**
 * Says whether a shell is there.
 *
 * @param {'fish' | 'zsh'} name
 * @param {string} skipped the tests that need it
 * @throws {Error} where AE_REQUIRE names it
 */
export function hasShell(name, skipped) {
  requiredWords();
  if (onPath([name]).length > 0) return true;
  reportMissing(name, `${name} not found on the PATH (Debian: ${name}).`, skipped);
  return false;
}
