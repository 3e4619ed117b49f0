/** Finds and opens the data file of a database, or says what is there instead. */
import fs from 'node:fs';
import path from 'node:path';
import { NotLmdbError, NotReadableError, reasonOf } from '../errors/errors';
import { NotOrdinaryError, openRegularFile } from '../files/regular-file';

/** Returns the data file of a folder, or the file itself. @throws NotReadableError, NotLmdbError */
export function dataFileOf(location: string): string {
  if (!statOf(location).isDirectory()) return location;
  const file = path.join(location, 'data.mdb');
  // A dangling link counts as existing, and opening it reports the problem.
  if (isThere(file)) return file;
  const leveldb = fs.existsSync(path.join(location, 'CURRENT'));
  throw new NotLmdbError(
    leveldb
      ? {
          state: `${location} is a LevelDB, not an LMDB`,
          todo: 'create it again with convert_imageset --backend=lmdb',
        }
      : {
          state: `${location} is not an LMDB (it contains no data.mdb)`,
          todo: 'name the folder that contains data.mdb',
        },
    { path: location },
  );
}

function statOf(location: string): fs.Stats {
  try {
    return fs.statSync(location);
  } catch (cause) {
    throw notReadable(location, cause);
  }
}

function isThere(file: string): boolean {
  try {
    return fs.lstatSync(file) !== undefined;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return false;
    throw notReadable(file, cause);
  }
}

/** Opens a data file for reading. @throws NotReadableError, NotLmdbError */
export function openDataFile(file: string): number {
  try {
    return openRegularFile(file);
  } catch (cause) {
    if (!(cause instanceof NotOrdinaryError)) throw notReadable(file, cause);
    const received = cause.message.replace(/^is /, '');
    throw new NotLmdbError(
      {
        where: file,
        expected: 'an LMDB data file',
        received,
        todo: 'copy the database to a local disk, or check the path',
      },
      { path: file },
    );
  }
}

/** Makes the error for a database that the operating system does not allow to be read. */
export function notReadable(file: string, cause: unknown): NotReadableError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const todo =
    code === 'ENOENT' || code === 'ELOOP' || code === 'ENOTDIR' || code === 'ENAMETOOLONG'
      ? 'check the path'
      : code === 'EACCES' || code === 'EPERM'
        ? 'check the permissions of the file and its folders'
        : 'check the disk or the network drive';
  return new NotReadableError({ state: `${file} cannot be read (${reasonOf(cause)})`, todo }, { path: file, cause });
}
