import type { DatumReader, OpenOptions } from '@ae/lmdb-datum';
import { CliError } from '../shell/cli-error';
import { databaseOf, type Importing } from './imported-images';
import { kindOfInput } from './input-kind';

/** Opens an LMDB for reading, or the import of images that are not in one. */
export async function openDatabase(path: string, options?: OpenOptions, images?: Importing): Promise<DatumReader> {
  const place = await placeOfDatabase(path, images);
  const { openDatumLmdb } = await import('@ae/lmdb-datum');
  return openDatumLmdb(place, options);
}

/** Returns the path of the LMDB that an argument names; throws if there is nothing by that name. */
export async function placeOfDatabase(path: string, images?: Importing): Promise<string> {
  if (images) return databaseOf(path, images);
  kindOfInput(path);
  return path;
}

/** Makes the error for a database without records; `damage` says why none can be read, if there are some. */
export function emptyDatabase(path: string, damage?: string, names: readonly string[] = []): CliError {
  if (damage !== undefined) {
    return new CliError('CORRUPT_DATABASE', `${path}: none of the records can be read, even with --lenient: ${damage}`);
  }
  if (names.length > 0) {
    return new CliError(
      'EMPTY_DATABASE',
      `${path}: the unnamed database is empty; name one of ${names.join(', ')}: --database <name>.`,
    );
  }
  return new CliError('EMPTY_DATABASE', `${path} is empty; fill it with ae import.`);
}
