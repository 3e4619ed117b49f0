/** Tells errors of single records from those of a whole database, and advises on them. */
import type { DatumReader, LmdbDatumError } from '@ae/lmdb-datum';
import { CliError, sentenceOf } from '../shell/cli-error';
import { spread } from './record-order';

/** How many records are tried to tell whether any can be read. */
const mostLooks = 100;

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
  const isHelped = isRecordError(error) ? await isAnyReadable(reader) : await isAnyReachable(path, database);
  if (!isHelped) return error;
  const problem = sentence.slice(0, sentence.length - (todo && `; ${todo}`).length - '.'.length);
  return new CliError(code, `${problem}; use --lenient to skip such records.`, { cause: error });
}

/** Tells whether some of the records can be read, from a few of them. */
async function isAnyReadable(reader: DatumReader): Promise<boolean> {
  for (const index of spread(reader.length, mostLooks)) {
    try {
      await reader.at(index);
      return true;
    } catch {
      // The next one may be better.
    }
  }
  return false;
}

/** Tells whether records can be reached around the damage: none can, if the root of the tree is damaged. */
async function isAnyReachable(path: string | undefined, database: string | undefined): Promise<boolean> {
  if (path === undefined) return false;
  const { openDatumLmdb } = await import('@ae/lmdb-datum');
  const reader = openDatumLmdb(path, { lenient: true, ...(database !== undefined && { database }) });
  try {
    return reader.length > 0;
  } finally {
    reader.close();
  }
}
