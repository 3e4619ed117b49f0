import type { DatumReader, OpenOptions } from '@ae/lmdb-datum';
import { CliError } from '../shell/cli-error';
import { databaseOf, type Importing } from './imported-images';
import { kindOfInput } from './input-kind';

/** Opens an LMDB for reading, or that of imported images. */
export async function openDatabase(path: string, options?: OpenOptions, images?: Importing): Promise<DatumReader> {
  const place = await placeOfDatabase(path, images);
  const { openDatumLmdb } = await import('@ae/lmdb-datum');
  return openDatumLmdb(place, options);
}

/** Returns where the LMDB of a command's argument is; throws unless there is something of that name. */
export async function placeOfDatabase(path: string, images?: Importing): Promise<string> {
  if (images) return databaseOf(path, images);
  kindOfInput(path);
  return path;
}

/** `damage` says why none of the records can be read, where there were some. */
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
