/** Where a writer writes: to a new folder, or to an existing, intact database. */
import fs from 'node:fs';
import path from 'node:path';
import { makeFolders } from '@ae/ground/make-folders';
import { OutputExistsError, WriteError } from '../errors/errors';
import { kindOf } from '../files/regular-file';
import { writeError } from './native-lmdb';

/** Size of the memory map of a new database, in bytes. */
export const firstMapBytes = 64 << 20;

/** A database to write to. */
export interface WriteTarget {
  /** The folder with data.mdb, or the data file itself if it has another name. */
  location: string;
  /** The data file. */
  file: string;
  /** LMDB's own lock file, which need not exist. */
  lockFile: string;
  isSingleFile: boolean;
  count: number;
  lastKey?: Buffer;
  mapSizeBytes: number;
}

/** Returns an existing folder without a database as a target. */
export function emptyTarget(folder: string): WriteTarget {
  return { ...placesOf(path.join(folder, 'data.mdb'), folder), count: 0, mapSizeBytes: firstMapBytes };
}

function placesOf(file: string, folder?: string): Pick<WriteTarget, 'location' | 'file' | 'lockFile' | 'isSingleFile'> {
  const isSingleFile = path.basename(file) !== 'data.mdb';
  if (isSingleFile) return { location: file, file, lockFile: `${file}-lock`, isSingleFile };
  const location = folder ?? path.dirname(file);
  return { location, file, lockFile: path.join(location, 'lock.mdb'), isSingleFile };
}

/** Returns the file in which a writer says that it is writing. */
export function writerLockOf({ location, isSingleFile }: WriteTarget): string {
  return isSingleFile ? `${location}-${writerLockName}` : path.join(location, writerLockName);
}

export const writerLockName = 'writer.lock';

/** Creates a folder for a new database. @throws OutputExistsError, WriteError */
export function createFolder(location: string): WriteTarget {
  try {
    makeFolders(path.dirname(path.resolve(location)));
    fs.mkdirSync(location);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST' && fs.lstatSync(location, { throwIfNoEntry: false })) {
      throw new OutputExistsError(
        { state: `${location} already exists`, todo: 'delete it, choose another name, or append' },
        { path: location },
      );
    }
    throw writeError(location, cause, 'check the path and its permissions');
  }
  return emptyTarget(location);
}

/** Checks a database with our own reader first: the native library may crash the process on a damaged file. */
export async function inspectExisting(given: string): Promise<WriteTarget> {
  const { openDatumLmdb } = await import('../read/reader');
  const reader = openDatumLmdb(given);
  try {
    const { format, count, mapSizeBytes, path: file } = reader.info;
    if (format !== 1) {
      throw new WriteError(
        {
          where: given,
          expected: 'an LMDB of data format 1 to append to',
          received: `format ${format}`,
          todo: 'copy its records into a new database instead',
        },
        { path: given },
      );
    }
    const places = placesOf(file);
    assertOrdinaryLock(places.lockFile);
    const { lastKeyBytes } = reader;
    return { ...places, count, lastKey: lastKeyBytes && Buffer.from(lastKeyBytes), mapSizeBytes };
  } finally {
    reader.close();
  }
}

/** The native library opens its lock file without checking, and would wait for a pipe. */
function assertOrdinaryLock(file: string): void {
  const stats = fs.lstatSync(file, { throwIfNoEntry: false });
  if (!stats || stats.isFile()) return;
  throw new WriteError(
    { state: `${file} is ${kindOf(stats)}, not LMDB's lock file`, todo: 'delete it' },
    { path: file },
  );
}
