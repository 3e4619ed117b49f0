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
  // If most of the database is something other than images, records are not merely damaged.
  const least = layout === undefined ? 0 : 0.5;
  const isHelped = isRecordError(error) ? await areReadable(reader, least) : await isAnyReachable(path, database);
  if (!isHelped) return error;
  const problem = sentence.slice(0, todo ? sentence.lastIndexOf(`; ${todo}`) : -'.'.length);
  return new CliError(code, `${problem}; use --lenient to skip such records.`, { cause: error });
}

/** Tells from a few of the records whether any can be read, and at least this share of them. */
async function areReadable(reader: DatumReader, least: number): Promise<boolean> {
  let [looks, readable] = [0, 0];
  for (const index of spread(reader.length, mostLooks)) {
    looks++;
    try {
      await reader.at(index);
      readable++;
    } catch {
      // The next one may be better.
    }
    if (readable > 0 && least === 0) return true;
  }
  return readable > 0 && readable >= least * looks;
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
