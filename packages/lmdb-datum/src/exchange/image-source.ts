/** The records of images: with the keys that were recorded beside them, or else those that an import gives them. */
import fs from 'node:fs';
import path from 'node:path';
import { adviseOn } from '@ae/images/files';
import { defaultMaxPixels, describeImage, kindOfImage } from '@ae/images/kind';
import type { ImageFile } from '../convert/image-file';
import { keyOf } from '../convert/image-file';
import { type ImageSource, openImages } from '../convert/image-source';
import { digestOfImages } from '../convert/journal';
import { NotReadableError } from '../errors/errors';
import { NotOrdinaryError, pathText, readPackedFile, readRegularFile, sayOf } from '../files/regular-file';
import { keyBytes } from '../lmdb/scan';
import { type Note, parseNote } from './note';
import type { ExchangeRecord, RecordRange, RecordSource } from './record';

/** The file that a converted folder contains besides its images, with Hugging Face's name for it. */
export const metadataName = 'metadata.jsonl';

type NotedImage = ImageFile & { readonly note?: string };

/** Opens images as a source. @throws NotReadableError if there are none */
export async function openImageRecords(
  input: string | readonly string[],
  output: string,
  signal?: AbortSignal,
): Promise<RecordSource> {
  const folder = typeof input === 'string' ? input : input.length === 1 ? input[0] : undefined;
  const noted = folder === undefined ? undefined : readMetadata(folder);
  const source: ImageSource = noted
    ? { images: noted, warnings: [], ignored: [], close() {} }
    : await openImages(input, output, signal);
  const { images, warnings, ignored, close } = source;
  const classes = source.classes?.map(({ name }) => name);
  if (images.length === 0) {
    close();
    const found = ignored.length > 0 ? `, only ${ignored.slice(0, 3).join(', ')}` : '';
    const name = typeof input === 'string' ? input : input.join(', ');
    throw new NotReadableError(
      {
        state: `${name} contains no images${found}`,
        todo: adviseOn(ignored),
      },
      { path: name },
    );
  }
  const skipped: RecordSource['skipped'] = [];
  return {
    total: images.length,
    records: (range) => recordsOf(images, skipped, range),
    digest: () => digestOfImages(images, classes),
    warnings,
    skipped,
    close,
    ...(classes && { classes }),
  };
}

function* recordsOf(
  images: readonly NotedImage[],
  skipped: RecordSource['skipped'],
  { start, end }: RecordRange = { start: 0, end: images.length },
): Generator<ExchangeRecord> {
  for (let i = start; i < end; i++) {
    const image = images[i];
    const note = image.note === undefined ? undefined : parseNote(image.note);
    const record = recordOf(i, image, note);
    if (typeof record === 'string') skipped.push({ name: image.name, reason: record });
    else yield record;
  }
}

/** Returns why there is no image. */
function recordOf(i: number, image: NotedImage, note: Note | undefined): ExchangeRecord | string {
  const { label } = image;
  const more = {
    key: note?.key ?? Buffer.from(keyBytes(keyOf(i, image), 'key')),
    facts: note?.facts ?? {},
    ...((note?.hasLabel ?? true) && { label }),
  };
  if (note?.facts.whole) return more;
  const name = pathText(image.path);
  try {
    const file = readFile(image);
    if (kindOfImage(file)) return { ...more, file };
    return `${name}: expected an image, received ${describeImage(file)}.`;
  } catch (error) {
    if (!(error instanceof NotOrdinaryError || (error instanceof Error && 'syscall' in error))) throw error;
    return `${name} ${sayOf(error)}.`;
  }
}

/** More than any image file that is decoded. */
const mostFileBytes = (256 << 20) + 8 * defaultMaxPixels;

function readFile({ path, packed }: ImageFile): Uint8Array {
  return packed ? readPackedFile(packed, mostFileBytes) : readRegularFile(path, mostFileBytes);
}

/** Reads what a conversion recorded about a folder's images. Undefined if there is nothing, or another program's file. */
function readMetadata(folder: string): NotedImage[] | undefined {
  const file = path.join(folder, metadataName);
  if (!fs.existsSync(file)) return undefined;
  const images: NotedImage[] = [];
  for (const [i, line] of readLines(file)) {
    const { file_name: name = '', label, datum } = parseLine(line, i, file);
    if (datum === undefined) return undefined;
    images.push({ name, path: path.join(folder, name), label: label ?? 0, note: line });
  }
  return images;
}

function* readLines(file: string): Generator<[number: number, line: string]> {
  let number = 0;
  for (const line of fs.readFileSync(file, 'utf8').split('\n')) if (line !== '') yield [++number, line];
}

interface MetadataLine {
  readonly file_name?: string;
  readonly label?: number;
  readonly datum?: unknown;
}

function parseLine(line: string, number: number, file: string): MetadataLine {
  try {
    const fields: MetadataLine = JSON.parse(line);
    const { file_name: name = '' } = fields;
    if (typeof name === 'string' && !name.split(/[/\\]/).includes('..') && !path.isAbsolute(name)) return fields;
  } catch {
    // Said below.
  }
  const what = `${file}: line ${number} is not JSON that names a file in its folder`;
  throw new NotReadableError({ state: what, todo: 'convert the original again' }, { path: file });
}
