/** Tells errors of single records from those of a whole database, and what to do about them. */
import type { LmdbDatumError } from '@ae/lmdb-datum';
import { CliError } from '../shell/cli-error';

/** Tells what is wrong with one record from what is wrong with the database. */
export function isRecordError(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === 'BAD_DATUM' || code === 'BAD_IMAGE';
}

/** Tells what a lenient command leaves out from other errors. */
export function isDamage(error: unknown): boolean {
  return isRecordError(error) || (error as { code?: unknown }).code === 'CORRUPT_DATABASE';
}

/** Adds to an error about a damaged record how to do without it. */
export function withAdvice(error: unknown): unknown {
  if (error instanceof CliError || !isDamage(error)) return error;
  const { code, sentence, todo = '', layout } = error as LmdbDatumError;
  // A database of something else is no database with a few damaged records.
  if (layout !== undefined) return error;
  const problem = sentence.slice(0, sentence.length - (todo && `; ${todo}`).length - '.'.length);
  return new CliError(code, `${problem}; use --lenient to skip such records.`, { cause: error });
}
