import { readFile, stat } from 'node:fs/promises';
import { AutoencoderError, checkKeys, checkText } from '../errors/errors';
import type { Codes } from './codes';
import { decodeInt32Npy } from './npy';

/** Number of rows of the file held in memory at once: as many as were written together. */
const rowsAtOnce = 2048;

interface Row {
  readonly key: string;
  readonly label: number | null;
  readonly code: readonly number[];
}

/**
 * Yields codes that `writeCodesParquet` wrote, in order, a part at a time. `shapes` is the shapes.npy that `writeCodesNpy` wrote for the
 * same codes with `byBlocks`: each image is then yielded separately, because they may have several sizes. Throws NOT_READABLE.
 */
export async function* readCodesParquet(
  file: string,
  options: { readonly shapes?: string } = {},
): AsyncGenerator<Codes> {
  checkText('readCodesParquet, file', file);
  checkKeys('readCodesParquet', options, ['shapes']);
  const { shapes: shapesFile } = options;
  if (shapesFile !== undefined) checkText('shapes', shapesFile);
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await import('hyparquet');
  const shapes =
    shapesFile === undefined
      ? undefined
      : await reading(shapesFile, async () => decodeInt32Npy(await readFile(shapesFile), shapesFile));
  const rows = await reading(file, async () => {
    const buffer = await asyncBufferFromFile(file);
    const metadata = await parquetMetadataAsync(buffer);
    const read = (rowStart: number, rowEnd: number) =>
      parquetReadObjects({ file: buffer, metadata, rowStart, rowEnd }) as Promise<unknown> as Promise<Row[]>;
    return { count: Number(metadata.num_rows), read };
  });
  for (let start = 0; start < rows.count; start += rowsAtOnce) {
    const end = Math.min(rows.count, start + rowsAtOnce);
    const part = await reading(file, () => rows.read(start, end));
    if (!shapes) yield codesOf(part, part[0].code.length);
    else
      for (const [i, row] of part.entries())
        yield codeOfImage(row, shapes.subarray(4 * (start + i), 4 * (start + i + 1)));
  }
}

function codesOf(rows: readonly Row[], codeSize: number): Codes {
  const values = new Float32Array(rows.length * codeSize);
  for (const [i, { code }] of rows.entries()) values.set(code, i * codeSize);
  const labels = rows.map(({ label }) => label ?? undefined);
  return { values, count: rows.length, codeSize, keys: rows.map(({ key }) => key), labels };
}

function codeOfImage(row: Row, [down, across, height, width]: Int32Array): Codes {
  const size = row.code.length;
  return { ...codesOf([row], size), codeShape: [down, across, size / (down * across)], imageSize: [height, width] };
}

async function reading<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const isThere = await stat(file).then(
      () => true,
      () => false,
    );
    const state = isThere ? `${file} is not a file of codes, or is damaged` : `${file} does not exist`;
    throw new AutoencoderError('NOT_READABLE', { state, todo: 'write the codes again' }, { cause });
  }
}
