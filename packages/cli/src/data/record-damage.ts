/** Tells errors of single records from those of a whole database, and advises on them. */
import type { DatumReader, LmdbDatumError } from '@ae/lmdb-datum';
import { CliError, sentenceOf } from '../shell/cli-error';

/** Tells whether an error concerns one record rather than the whole database. */
export function isRecordError(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === 'BAD_DATUM' || code === 'BAD_IMAGE';
}

/** Tells whether a lenient command may skip the record that caused an error. */
export function isDamage(error: unknown): boolean {
  return isRecordError(error) || (error as { code?: unknown }).code === 'CORRUPT_DATABASE';
}

/** Adds to an error about a damaged record how to skip it, if that leaves any. */
export async function withAdvice(error: unknown, reader: DatumReader, database?: string): Promise<unknown> {
  if (!isDamage(error)) return error;
  const { code, todo = '', layout, path } = error as LmdbDatumError;
  const sentence = sentenceOf(error);
  // If the database contains something other than images, records are not merely damaged.
  if (layout !== undefined) return error;
  const left = isRecordError(error) ? reader.length - 1 : path === undefined ? 0 : await countReadable(path, database);
  if (left === 0) return error;
  const problem = sentence.slice(0, sentence.length - (todo && `; ${todo}`).length - '.'.length);
  return new CliError(code, `${problem}; use --lenient to skip such records.`, { cause: error });
}

/** Counts the records that can be reached around the damage: none, if the damage is to the root of the tree. */
async function countReadable(path: string, database: string | undefined): Promise<number> {
  const { openDatumLmdb } = await import('@ae/lmdb-datum');
  const reader = openDatumLmdb(path, { lenient: true, ...(database !== undefined && { database }) });
  try {
    return reader.length;
  } finally {
    reader.close();
  }
}
