/** A file of complete records in order: the contents of a conversion's shard until all are merged. */
import fs from 'node:fs';
import { CorruptDatabaseError } from '../errors/errors';
import { noteOf, parseNote } from './note';
import type { ExchangeRecord } from './record';

/** Size of the lengths before each record: those of its note and of its image file. */
const headBytes = 8;
const noFile = 0xffffffff;

/** Appends a record to an open file. */
export function appendRecord(fd: number, record: ExchangeRecord): void {
  const { label, file } = record;
  const note = Buffer.from(JSON.stringify({ ...noteOf(record), label }));
  const head = Buffer.alloc(headBytes);
  head.writeUInt32LE(note.length, 0);
  head.writeUInt32LE(file?.length ?? noFile, 4);
  for (const part of [head, note, ...(file ? [file] : [])]) {
    for (let done = 0; done < part.length; ) done += fs.writeSync(fd, part, done);
  }
}

/** Reads the records of a file, one after the other. @throws CorruptDatabaseError */
export function* readRecords(name: string): Generator<ExchangeRecord> {
  const fd = fs.openSync(name, 'r');
  try {
    for (;;) {
      const head = readPart(fd, headBytes, name, true);
      if (!head) return;
      const note = readPart(fd, head.readUInt32LE(0), name) as Buffer;
      const bytes = head.readUInt32LE(4);
      const file = bytes === noFile ? undefined : (readPart(fd, bytes, name) as Buffer);
      yield { ...recordOf(note.toString(), name), ...(file && { file }) };
    }
  } finally {
    fs.closeSync(fd);
  }
}

function recordOf(json: string, name: string): ExchangeRecord {
  const note = parseNote(json);
  if (!note) throw damaged(name);
  const { label, text, boxes } = JSON.parse(json) as Pick<ExchangeRecord, 'label' | 'text' | 'boxes'>;
  return {
    ...{ key: note.key, facts: note.facts },
    ...(label !== undefined && { label }),
    ...(text !== undefined && { text }),
    ...(boxes && { boxes }),
  };
}

/** Returns undefined at the end of the file, if it may end there. */
function readPart(fd: number, bytes: number, name: string, mayEnd = false): Buffer | undefined {
  // Otherwise memory would be allocated for more than there is.
  if (bytes > fs.fstatSync(fd).size) throw damaged(name);
  const part = Buffer.allocUnsafe(bytes);
  let done = 0;
  while (done < bytes) {
    const got = fs.readSync(fd, part, done, bytes - done, null);
    if (got === 0) break;
    done += got;
  }
  if (done === bytes) return part;
  if (mayEnd && done === 0) return undefined;
  throw damaged(name);
}

function damaged(name: string): CorruptDatabaseError {
  return new CorruptDatabaseError(
    { state: `${name} is damaged`, todo: 'delete its shard and create it again' },
    { path: name },
  );
}
