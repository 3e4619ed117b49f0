import { randomUUID } from 'node:crypto';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { rename } from '@ae/ground/rename';
import type { SchemaElement } from 'hyparquet-writer';
import { AutoencoderError, checkKeys, checkObject, checkText } from '../errors/errors';
import { checkNamedCodes } from './check-codes';
import type { Codes } from './codes';
import { encodeNpy, encodeTextNpy, NpyRowWriter } from './npy';

/** Codes as they become available: all at once, or batch by batch as `Autoencoder.encodeBatches` yields them. */
export type CodeStream = Codes | AsyncIterable<Codes>;

async function* toBatches(where: string, codes: CodeStream): AsyncGenerator<Codes> {
  checkObject(where, codes, 'the codes that encodeAll returns');
  for await (const batch of Symbol.asyncIterator in codes ? codes : [codes]) {
    checkNamedCodes(where, batch);
    yield batch;
  }
}

/** Options of `writeCodesNpy`. */
export interface NpyOptions {
  /**
   * Write the codes of a network that takes any size block by block, so that images may have several sizes: `codes.npy` is then `[blocks of
   * all images, numbers per block]`, and `shapes.npy`, int32 `[N, 4]`, contains each image's rows and columns of blocks, height and width.
   * Default false.
   */
  readonly byBlocks?: boolean;
}

/**
 * Writes codes for NumPy to a new folder: `codes.npy` float32 `[N, codeSize]`, `keys.npy` `[N]` str and `labels.npy` int32 `[N]`, -1 for
 * images without a label. The folder appears complete or not at all. Returns N. Throws OUTPUT_EXISTS, and INVALID_SAMPLE for codes of
 * several sizes unless `byBlocks` is set.
 */
export async function writeCodesNpy(codes: CodeStream, folder: string, options: NpyOptions = {}): Promise<number> {
  checkText('writeCodesNpy, folder', folder);
  checkKeys('writeCodesNpy', options, ['byBlocks']);
  const { byBlocks = false } = options;
  return writeWhole(folder, async (temporary) => {
    await mkdir(temporary, { recursive: true });
    const keys: string[] = [];
    const labels: number[] = [];
    const shapes: number[] = [];
    let columns = 0;
    let writer: NpyRowWriter | undefined;
    try {
      for await (const batch of toBatches('writeCodesNpy', codes)) {
        const { codeSize, codeShape = [codeSize], imageSize = [0, 0] } = batch;
        const length = byBlocks ? (codeShape.at(-1) as number) : codeSize;
        if (writer && length !== columns) throw severalSizes(columns, length);
        columns = length;
        writer ??= await NpyRowWriter.create(path.join(temporary, 'codes.npy'), columns);
        const [rows, across] = codeShape.length === 3 ? codeShape : [1, 1];
        for (let i = 0; i < batch.count; i++) shapes.push(rows, across, ...imageSize);
        await writer.append(batch.values);
        for (const key of batch.keys) keys.push(key);
        for (const label of batch.labels) labels.push(label ?? -1);
      }
    } catch (error) {
      await writer?.abandon();
      throw error;
    }
    if (!writer) throw noCodes('writeCodesNpy');
    await writer.finish();
    await writeFile(path.join(temporary, 'keys.npy'), encodeTextNpy(keys));
    await writeFile(path.join(temporary, 'labels.npy'), encodeNpy(Int32Array.from(labels), [labels.length]));
    if (byBlocks) {
      await writeFile(path.join(temporary, 'shapes.npy'), encodeNpy(Int32Array.from(shapes), [keys.length, 4]));
    }
    return keys.length;
  });
}

/** Rows buffered before they are written: 12 MB at 1568 numbers per code. */
const rowGroupSize = 2048;

/**
 * Writes codes to a new Parquet file with the columns `key` (string), `label` (int32, null for images without a label) and `code` (list of
 * float). The file appears complete or not at all. Returns the number of rows. Throws OUTPUT_EXISTS.
 */
export async function writeCodesParquet(codes: CodeStream, file: string): Promise<number> {
  checkText('writeCodesParquet, file', file);
  // It is only an ES module, which our CommonJS build could not require.
  const { fileWriter, ParquetWriter } = await import('hyparquet-writer');
  return writeWhole(file, async (temporary) => {
    const output = fileWriter(temporary);
    const parquet = new ParquetWriter({ writer: output, schema, createdBy: '@ae/autoencoder' });
    let rows: Row[] = [];
    let count = 0;
    const flush = () => {
      if (rows.length === 0) return;
      const columnData = [
        { name: 'key', data: rows.map(({ key }) => key) },
        { name: 'label', data: rows.map(({ label }) => label ?? null) },
        // Weights do not compress, and nobody needs their minimum and maximum.
        {
          name: 'code',
          data: rows.map(({ code }) => Array.from(code)),
          codec: 'UNCOMPRESSED' as const,
          statistics: false,
        },
      ];
      parquet.write({ columnData, rowGroupSize });
      count += rows.length;
      rows = [];
    };
    for await (const { values, codeSize, keys, labels } of toBatches('writeCodesParquet', codes)) {
      for (const [i, key] of keys.entries()) {
        rows.push({ key, label: labels[i], code: values.subarray(i * codeSize, (i + 1) * codeSize) });
        if (rows.length === rowGroupSize) flush();
      }
    }
    flush();
    if (count === 0) throw noCodes('writeCodesParquet');
    parquet.finish();
    return count;
  });
}

interface Row {
  readonly key: string;
  readonly label: number | undefined;
  readonly code: Float32Array;
}

const schema: SchemaElement[] = [
  { name: 'root', num_children: 3 },
  { name: 'key', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'label', type: 'INT32', repetition_type: 'OPTIONAL' },
  { name: 'code', converted_type: 'LIST', repetition_type: 'REQUIRED', num_children: 1 },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' },
];

function severalSizes(expected: number, received: number): AutoencoderError {
  return new AutoencoderError(
    'INVALID_SAMPLE',
    `writeCodesNpy: expected codes of ${expected} numbers, like the first, received one of ${received}; set byBlocks for images of several sizes.`,
  );
}

function noCodes(where: string): AutoencoderError {
  return new AutoencoderError('INVALID_SAMPLE', `${where}: expected at least one code, received none.`);
}

/** Writes to a temporary name beside `target` and renames, so that a file with this name is complete. */
async function writeWhole<T>(target: string, write: (temporary: string) => Promise<T>): Promise<T> {
  const exists = await stat(target).then(
    () => true,
    () => false,
  );
  if (exists) {
    throw new AutoencoderError('OUTPUT_EXISTS', `${target} already exists; delete it or choose another name.`);
  }
  await mkdir(path.dirname(path.resolve(target)), { recursive: true });
  const temporary = `${path.resolve(target)}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    const result = await write(temporary);
    await rename(temporary, target);
    return result;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}
