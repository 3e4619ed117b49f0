/** Tells errors of single records from those of a whole database, and advises on them. */
import type { LmdbDatumError } from '@ae/lmdb-datum';
import { CliError } from '../shell/cli-error';

/** Tells whether an error concerns one record rather than the whole database. */
export function isRecordError(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === 'BAD_DATUM' || code === 'BAD_IMAGE';
}

/** Tells whether a lenient command may skip the record that caused an error. */
export function isDamage(error: unknown): boolean {
  return isRecordError(error) || (error as { code?: unknown }).code === 'CORRUPT_DATABASE';
}

/** Adds to an error about a damaged record how to skip it. */
export function withAdvice(error: unknown): unknown {
  if (error instanceof CliError || !isDamage(error)) return error;
  const { code, sentence, todo = '', layout } = error as LmdbDatumError;
  // If the database contains something other than images, records are not merely damaged.
  if (layout !== undefined) return error;
  const problem = sentence.slice(0, sentence.length - (todo && `; ${todo}`).length - '.'.length);
  return new CliError(code, `${problem}; use --lenient to skip such records.`, { cause: error });
}
