/** Reads the images of Parquet files in the form of Hugging Face datasets: a column of { bytes, path }, and one of labels. */
import type { FileMetaData } from 'hyparquet';
import type { FolderImage, FolderList } from '../files/image-tree';
import { readAt } from '../files/packed-file';
import { formatOf, kindOfImage } from '../kind/kind';
import { type Labeled, labelsOf, warningsOfLabels } from './class-names';
import { type ArchiveInput, damaged, unusable } from './entry';
import { columnsOf, type ParquetColumns } from './parquet-columns';
import type { Spool } from './spool';

const mostGroupBytes = 2 ** 31 - 1;

type Row = Readonly<Record<string, unknown>>;
type Image = Omit<FolderImage, 'label'> & Labeled;

/** Lists the rows of a file, and copies their images to a spool. One group of rows is in memory at a time. @throws NotReadableError */
export async function listParquet(input: ArchiveInput, spool: Spool): Promise<FolderList> {
  const { place, signal } = input;
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import('hyparquet');
  const { compressors } = await import('hyparquet-compressors');
  const file = bufferOf(input);
  const metadata = await reading(place, () => parquetMetadataAsync(file));
  const columns = columnsOf(parquetSchema(metadata), metadata, place);
  const { image, label, note, names } = columns;
  const read = [image, label, note].filter((name) => name !== undefined);
  const images: Image[] = [];
  const ignored: string[] = [];
  let rowStart = 0;
  let isOfPaths = false;
  assertGroups(metadata, read, place);
  for (const { num_rows } of metadata.row_groups) {
    signal?.throwIfAborted();
    const rowEnd = rowStart + Number(num_rows);
    const options = { file, metadata, columns: read, rowStart, rowEnd, compressors, utf8: false };
    const rows: Row[] = await reading(place, () => parquetReadObjects(options));
    for (const [i, row] of rows.entries()) {
      const found = imageOf(row, rowStart + i, columns, spool, place);
      if (found) images.push(found);
      else ignored.push(`row ${rowStart + i}`);
      isOfPaths ||= !found && hasPath(row[image]);
    }
    rowStart = rowEnd;
  }
  if (images.length === 0 && isOfPaths) {
    const todo = 'pass the folder of these files, or write them into the table';
    throw unusable(place, `has only the paths of its images in column ${image}, not the image files`, todo);
  }
  const warnings = [...warningsOfColumns(columns, place), ...warningsOfLabels(images, place)];
  const list = { ...labelsOf(images), ignored, warnings };
  return names ? { ...list, classes: names.map((name, i) => ({ name, label: i })) } : list;
}

/** Says which columns that seem to be meant are not read. */
function warningsOfColumns({ image, others, unreadLabel }: ParquetColumns, place: string): string[] {
  const warnings: string[] = [];
  if (others.length > 0)
    warnings.push(`${place}: images are read from column ${image}, not from ${others.join(', ')}.`);
  if (unreadLabel !== undefined) {
    const what = `column ${unreadLabel} is not read, because it does not have one number or text per row`;
    warnings.push(`${place}: ${what}; all images got label 0.`);
  }
  return warnings;
}

/** Tells whether a value of Hugging Face's form names a file. */
function hasPath(value: unknown): boolean {
  return typeof (value as { path?: unknown } | null | undefined)?.path === 'string';
}

/** A group of rows is read completely. @throws NotReadableError for one that is too large for memory */
function assertGroups({ row_groups: groups }: FileMetaData, columns: readonly string[], place: string): void {
  for (const [i, group] of groups.entries()) {
    const read = group.columns.filter(({ meta_data }) => columns.includes(meta_data?.path_in_schema[0] ?? ''));
    const bytes = read.reduce((sum, { meta_data }) => sum + Number(meta_data?.total_uncompressed_size ?? 0), 0);
    if (bytes <= mostGroupBytes) continue;
    const what = `has ${bytes} bytes in its group of rows ${i}, of at most ${mostGroupBytes} that are read at a time`;
    throw unusable(place, what, 'write it again in smaller groups, such as by row_group_size=1000 of pyarrow');
  }
}

function bufferOf({ fd, fileBytes }: ArchiveInput) {
  return {
    byteLength: fileBytes,
    slice: (start: number, end = fileBytes) =>
      Promise.resolve(readAt(fd, start, new Uint8Array(end - start)).buffer as ArrayBuffer),
  };
}

async function reading<T>(place: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw damaged(
      place,
      `is damaged, or an unsupported Parquet file (${(cause as Error).message.replace(/\.$/, '')})`,
      cause,
    );
  }
}

/** Undefined for a row without an image. */
function imageOf(row: Row, number: number, columns: ParquetColumns, spool: Spool, place: string): Image | undefined {
  const value = row[columns.image];
  const { bytes, path } =
    value instanceof Uint8Array ? { bytes: value } : ((value ?? {}) as { bytes?: unknown; path?: unknown });
  const note = columns.note && row[columns.note];
  if (!(bytes instanceof Uint8Array) && typeof note !== 'string') return undefined;
  const file = bytes instanceof Uint8Array ? bytes : new Uint8Array();
  const name = nameOf(path, number, file);
  const label = columns.label === undefined ? undefined : labelOf(row[columns.label]);
  const where = { name, path: `${place}/${name}`, packed: spool.add(file) };
  return { ...where, ...(label !== undefined && { label }), ...(typeof note === 'string' && { note }) };
}

/** Returns the file name that a row gives, or else its number. */
function nameOf(path: unknown, number: number, file: Uint8Array): string {
  const parts = typeof path === 'string' ? path.split(/[/\\]/).filter((part) => part !== '' && part !== '.') : [];
  if (parts.length > 0 && !parts.includes('..'))
    return /^([/\\]|[a-z]:)/i.test(String(path)) ? String(parts.at(-1)) : parts.join('/');
  const kind = kindOfImage(file);
  return `${String(number).padStart(8, '0')}${kind ? `.${formatOf(kind).extensions[0]}` : ''}`;
}

/** Undefined for a gap, which may be NaN among floats. */
function labelOf(value: unknown): number | string | undefined {
  if (Number.isNaN(value)) return undefined;
  return typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean'
    ? Number(value)
    : typeof value === 'string'
      ? value
      : undefined;
}
