/** The records of an LMDB, of whatever schema. */
import { isUtf8 } from 'node:buffer';
import { DatumError, ImageError, reasonOf } from '../errors';
import type { OpenOptions } from '../read/options';
import { type DatumReader, openDatumLmdb } from '../reader';
import { datumSchema } from '../schemas/datum';
import { recordOf } from './message';
import type { ExchangeRecord, RecordSource } from './record';

/** Opens a database as a source. @throws a reader's errors */
export function openDatabaseSource(input: string, options: OpenOptions): RecordSource {
  const reader = openDatumLmdb(input, options);
  const skipped: RecordSource['skipped'] = [];
  return {
    total: reader.length,
    records: () => recordsOf(reader, skipped, options.lenient ?? false),
    warnings: [],
    skipped,
    close: () => reader.close(),
  };
}

/** Of other schemas what makes Datums of them: those have no message of their own that would have to stay as it is. */
async function* recordsOf(
  reader: DatumReader,
  skipped: RecordSource['skipped'],
  lenient: boolean,
): AsyncGenerator<ExchangeRecord> {
  const isPlain = reader.schema.name === datumSchema.name;
  for (const { key, keyBytes, datum } of reader.entries()) {
    try {
      yield await recordOf(keyBytes, datum, isPlain ? reader.getBytes(keyBytes) : undefined);
    } catch (error) {
      if (!lenient || !(error instanceof DatumError || error instanceof ImageError)) throw error;
      skipped.push({ name: isUtf8(keyBytes) ? key : keyBytes.toString(), reason: reasonOf(error) });
    }
  }
  for (const { key = '', message } of reader.damage) skipped.push({ name: key, reason: message });
}
