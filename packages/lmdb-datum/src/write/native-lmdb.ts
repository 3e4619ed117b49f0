/** The native library that writes: npm `lmdb` in the release that still writes data format v1. Loaded when something is written. */
import { createRequire } from 'node:module';
import type { RootDatabase } from 'lmdb';
import { MissingDependencyError, reasonOf, WriteError } from '../errors';

export type NativeDatabase = RootDatabase<Uint8Array, Uint8Array>;
export type OpenLmdb = (options: object) => NativeDatabase;

/** Loads the library. @throws MissingDependencyError */
export function loadLmdb(): OpenLmdb {
  try {
    // Loads in half the time that its ES modules take.
    return createRequire(import.meta.url)('lmdb').open as OpenLmdb;
  } catch (cause) {
    throw new MissingDependencyError(
      {
        state: `lmdb cannot be loaded, which writes databases (${reasonOf(cause).split('\n')[0]})`,
        todo: 'run npm install lmdb@2.6.8-v1 (it needs a C++ compiler except on Linux x64), or write on a machine that has it: reading works without',
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
