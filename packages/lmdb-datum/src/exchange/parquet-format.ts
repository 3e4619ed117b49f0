/** Parquet in the form of Hugging Face datasets: image { bytes, path }, label, and a column of notes. */
import fs from 'node:fs';
import type { SchemaElement } from 'hyparquet';
import { keyText } from '../lmdb/scan';
import { noteOf } from './note';
import type { ExchangeRecord } from './record';
import type { FileFormat } from './shards';

/** Rows per group, which is held in memory until it is written. Readers of a few rows read a whole group. */
const groupRows = 100;
const groupBytes = 64 << 20;

const schema: SchemaElement[] = [
  { name: 'root', num_children: 3 },
  { name: 'image', repetition_type: 'OPTIONAL', num_children: 2 },
  { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
  { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  { name: 'label', type: 'INT64', repetition_type: 'OPTIONAL' },
  { name: 'datum', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
];

/** @param classes Class names by label, if they are known. */
export async function parquetFormat(fd: number, classes?: readonly string[]): Promise<FileFormat> {
  // Only an ES module, which our CommonJS build could not require.
  const { ByteWriter, ParquetWriter } = await import('hyparquet-writer');
  const label = classes ? { names: classes, _type: 'ClassLabel' } : { dtype: 'int64', _type: 'Value' };
  const features = { image: { _type: 'Image' }, label, datum: { dtype: 'string', _type: 'Value' } };
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({
    ...{ writer, schema, statistics: false, createdBy: '@ae/lmdb-datum' },
    kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }],
  });
  let rows: ExchangeRecord[] = [];
  let waiting = 0;
  const flush = () => {
    const bytes = writer.getBytes();
    for (let done = 0; done < bytes.length; ) done += fs.writeSync(fd, bytes, done);
    writer.index = 0;
  };
  const writeGroup = () => {
    if (rows.length > 0) void parquet.write({ columnData: columnsOf(rows), rowGroupSize: rows.length });
    flush();
    rows = [];
    waiting = 0;
  };
  return {
    get bytes() {
      return writer.offset + waiting;
    },
    add(record) {
      rows.push(record);
      waiting += record.file?.length ?? 0;
      if (rows.length >= groupRows || waiting >= groupBytes) writeGroup();
    },
    async finish() {
      writeGroup();
      await parquet.finish();
      flush();
    },
  };
}

function columnsOf(rows: readonly ExchangeRecord[]) {
  return [
    {
      name: 'image',
      data: rows.map(({ file, key }) => (file ? { bytes: file, path: keyText(key) } : null)),
      // Image files neither repeat nor compress.
      codec: 'UNCOMPRESSED' as const,
      encoding: 'PLAIN' as const,
    },
    { name: 'label', data: rows.map(({ label }) => (label === undefined ? null : BigInt(label))) },
    { name: 'datum', data: rows.map((record) => JSON.stringify(noteOf(record))) },
  ];
}
