/**
 * The native library that writes keys in any order: npm `lmdb` in the release that still writes data format v1. Loaded when it is needed.
 */
import { createRequire } from 'node:module';
import type { RootDatabase } from 'lmdb';
import { MissingDependencyError, reasonOf, WriteError } from '../errors/errors';

export type NativeDatabase = RootDatabase<Uint8Array, Uint8Array>;
export type OpenLmdb = (options: object) => NativeDatabase;

/**
 * Loads the library.
 *
 * @param need A sentence that says what it is needed for.
 * @throws MissingDependencyError
 */
export function loadLmdb(need: string): OpenLmdb {
  try {
    // Loads in half the time of its ES modules.
    return createRequire(import.meta.url)('lmdb').open as OpenLmdb;
  } catch (cause) {
    throw new MissingDependencyError(
      {
        state: `${need}, which needs the package lmdb, but it cannot be loaded (${reasonOf(cause).split('\n')[0]})`,
        todo: 'write the keys in order, or run npm install lmdb@2.6.8-v1 (needs a C++ compiler except on Linux x64)',
      },
      { cause },
    );
  }
}

/** Makes the error for a database that could not be written. */
export function writeError(location: string, cause: unknown, todo = 'check free space and permissions'): WriteError {
  return new WriteError(
    { state: `${location}: the database cannot be written (${reasonOf(cause)})`, todo },
    { path: location, cause },
  );
}
