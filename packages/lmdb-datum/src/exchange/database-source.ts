/** The records of an LMDB of any schema. */

import { isUtf8 } from 'node:buffer';
import { readClassNames } from '@ae/ground/class-names';
import type { Datum } from '../datum/datum';
import { CorruptDatabaseError, DatumError, ImageError, InvalidOptionError, reasonOf } from '../errors/errors';
import { keyText } from '../lmdb/scan';
import type { OpenOptions } from '../read/options';
import { type DatumReader, openDatumLmdb } from '../read/reader';
import { datumSchema } from '../schemas/datum';
import { recordOf } from './message';
import type { ExchangeRecord, RecordRange, RecordSource } from './record';

/** Opens a database as a source. @throws a reader's errors; InvalidOptionError, or CorruptDatabaseError, if it has no images */
export function openDatabaseSource(input: string, options: OpenOptions): RecordSource {
  const reader = openDatumLmdb(input, options);
  if (reader.length === 0) {
    reader.close();
    throw withoutImages(input, reader);
  }
  const skipped: RecordSource['skipped'] = [];
  const classes = readClassNames(reader.path);
  return {
    total: reader.length,
    records: (range) => recordsOf(reader, skipped, options.lenient ?? false, range),
    digest: async () => {
      const { content, revision, complete } = await reader.identity();
      return complete ? content : `${content} ${revision}`;
    },
    ...(classes.length > 0 && { classes }),
    warnings: [],
    skipped,
    close: () => reader.close(),
  };
}

function withoutImages(input: string, { damage: [first] }: DatumReader): Error {
  if (!first)
    return new InvalidOptionError({ state: `${input} contains no images`, todo: 'there is nothing to convert' });
  const state = `${input}: none of the records can be read: ${first.message.replace(/\.$/, '')}`;
  return new CorruptDatabaseError({ state }, { path: input });
}

/** Records of other schemas are converted to Datums: they have no message of their own to preserve. */
async function* recordsOf(
  reader: DatumReader,
  skipped: RecordSource['skipped'],
  lenient: boolean,
  range?: RecordRange,
): AsyncGenerator<ExchangeRecord> {
  const isPlain = reader.schema.name === datumSchema.name;
  for (const { key, keyBytes, datumOf } of range ? entriesIn(reader, range) : allEntries(reader)) {
    try {
      yield await recordOf(keyBytes, datumOf(), isPlain ? reader.getBytes(keyBytes) : undefined);
    } catch (error) {
      if (!lenient || !isDamage(error)) throw error;
      skipped.push({ name: isUtf8(keyBytes) ? key : keyBytes.toString(), reason: reasonOf(error) });
    }
  }
  for (const { key = '', message } of reader.damage) skipped.push({ name: key, reason: message });
}

function isDamage(error: unknown): boolean {
  return error instanceof DatumError || error instanceof ImageError || error instanceof CorruptDatabaseError;
}

interface LazyEntry {
  readonly key: string;
  readonly keyBytes: Uint8Array;
  datumOf(): Datum;
}

function* allEntries(reader: DatumReader): Generator<LazyEntry> {
  for (const { key, keyBytes, datum } of reader.entries()) yield { key, keyBytes, datumOf: () => datum };
}

/** Yields the records of a part, without reading those before it. */
function* entriesIn(reader: DatumReader, { start, end }: RecordRange): Generator<LazyEntry> {
  for (let i = start; i < end; i++) {
    const keyBytes = reader.keyBytesAt(i) as Uint8Array;
    yield { key: keyText(keyBytes), keyBytes, datumOf: () => reader.datumAt(i) as Datum };
  }
}
