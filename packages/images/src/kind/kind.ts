/**
 * The kinds of image files, in one table, and what their first bytes say before any decoder sees a file. Needs no decoder, so that it can
 * be loaded alone (`@ae/images/kind`).
 *
 * A new kind is a row here; if sharp does not decode it, decode.ts needs a decoder as well.
 */
import { checkBytes } from '../pixels/checks';
import { isAvif, readAvifOddity, readAvifSize } from './avif';
import { readBmpSize } from './bmp';
import { readJpegOddity, readJpegSize } from './jpeg';
import { readPngSize } from './png';
import { readTiffHeader, readTiffOddity } from './tiff';
import { readWebpSize } from './webp';

interface ImageKindRow {
  readonly kind: string;
  /** Its name in sentences: "JPEG" in "a JPEG file". */
  readonly name: string;
  /** Extensions of file names, in lower case; files without one get the first. */
  readonly extensions: readonly string[];
  /** Recognizes it by a file's first 64 bytes, as Latin-1 text. */
  readonly sniff: (start: string) => boolean;
  /** Undefined if the first bytes do not say. @throws RangeError if the file ends before its size */
  readonly readSize: (view: DataView) => readonly [height: number, width: number] | undefined;
  /** Names what keeps decoders from reading even a sound file: "of 12 bits per sample". Undefined if there is no such thing. */
  readonly readOddity?: (view: DataView) => string | undefined;
  /** The decoder. 'jpeg' decodes ordinary files and leaves the others to sharp. */
  readonly decode: 'jpeg' | 'bmp' | 'sharp';
}

const table = [
  {
    kind: 'jpeg',
    name: 'JPEG',
    extensions: ['jpg', 'jpeg', 'jpe', 'jfif', 'pjpeg', 'pjp'],
    sniff: (start) => start.startsWith('\xff\xd8\xff'),
    readSize: readJpegSize,
    readOddity: readJpegOddity,
    decode: 'jpeg',
  },
  {
    kind: 'png',
    name: 'PNG',
    extensions: ['png'],
    // Not all eight bytes: a file whose line endings were changed is a damaged PNG.
    sniff: (start) => start.startsWith('\x89PNG'),
    readSize: readPngSize,
    decode: 'sharp',
  },
  {
    kind: 'webp',
    name: 'WebP',
    extensions: ['webp'],
    sniff: (start) => start.startsWith('RIFF') && start.startsWith('WEBP', 8),
    readSize: readWebpSize,
    decode: 'sharp',
  },
  {
    kind: 'gif',
    name: 'GIF',
    extensions: ['gif'],
    sniff: (start) => start.startsWith('GIF8'),
    readSize: (view) => [view.getUint16(8, true), view.getUint16(6, true)],
    decode: 'sharp',
  },
  {
    kind: 'tiff',
    name: 'TIFF',
    extensions: ['tif', 'tiff'],
    // Little-endian and big-endian, with 32-bit and 64-bit offsets.
    sniff: (start) => ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some((signature) => start.startsWith(signature)),
    readSize: (view) => {
      const { height, width } = readTiffHeader(view);
      return [height, width];
    },
    readOddity: readTiffOddity,
    decode: 'sharp',
  },
  {
    kind: 'avif',
    name: 'AVIF',
    extensions: ['avif'],
    sniff: isAvif,
    readSize: readAvifSize,
    readOddity: readAvifOddity,
    decode: 'sharp',
  },
  {
    kind: 'bmp',
    name: 'BMP',
    extensions: ['bmp', 'dib'],
    sniff: (start) => start.startsWith('BM'),
    readSize: readBmpSize,
    decode: 'bmp',
  },
] as const satisfies readonly ImageKindRow[];

/** A kind that is decoded. Other formats that a decoder may know, such as SVG or PDF, are never passed to it. */
export type ImageKind = (typeof table)[number]['kind'];

/** A row of the table. */
export interface ImageFormat extends ImageKindRow {
  readonly kind: ImageKind;
}

/** All kinds of image files that are decoded. */
export const imageKinds: readonly ImageFormat[] = table;

const sniffedBytes = 64;

/** Returns the row of a kind. */
export function formatOf(kind: ImageKind): ImageFormat {
  return imageKinds.find((format) => format.kind === kind) as ImageFormat;
}

/** Recognizes the kind of an image file by its first bytes. Returns undefined for unsupported kinds. */
export function kindOfImage(file: Uint8Array): ImageKind | undefined {
  checkBytes('kindOfImage', file);
  const start = textOf(file);
  return imageKinds.find(({ sniff }) => sniff(start))?.kind;
}

function textOf(file: Uint8Array): string {
  return String.fromCharCode(...file.subarray(0, sniffedBytes));
}

/** Tells whether a file name has the extension of an image. */
export function hasImageExtension(name: string): boolean {
  const extension = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase();
  return extension !== undefined && imageKinds.some(({ extensions }) => extensions.includes(extension));
}

/** Kind and size of an image file. */
export interface ImageSize {
  kind: ImageKind;
  /** 0 if the first bytes do not say. */
  height: number;
  width: number;
}

/** Recognizes the kind of an image file, and its size if its first bytes say. Returns undefined for unsupported kinds. */
export function readImageSize(file: Uint8Array): ImageSize | undefined {
  checkBytes('readImageSize', file);
  const kind = kindOfImage(file);
  if (!kind) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  try {
    const [height, width] = formatOf(kind).readSize(view) ?? [0, 0];
    return { kind, height, width };
  } catch (error) {
    // The file ends before its size.
    if (error instanceof RangeError) return { kind, height: 0, width: 0 };
    throw error;
  }
}

/** Returns the name of a kind with its article: "a JPEG file", "an AVIF image". */
export function nameOfKind(kind: ImageKind, noun: 'file' | 'image' = 'file'): string {
  const { name } = formatOf(kind);
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name} ${noun}`;
}

type Sniffed = readonly (readonly [text: string, name: string, offset?: number])[];

/** Images of unsupported kinds, by how they begin, or by what follows the fourth byte. */
const unread: Sniffed = [
  ['<svg', 'an SVG drawing'],
  ['ftyphei', 'a HEIC file', 4],
  ['ftyphev', 'a HEIC file', 4],
  ['ftypmif1', 'a HEIC file', 4],
  ['JXL ', 'a JPEG XL file', 4],
  ['\xff\x0a', 'a JPEG XL file'],
  ['jP  ', 'a JPEG 2000 file', 4],
  ['8BPS', 'a Photoshop file'],
  ['FUJIFILMCCD-RAW', 'a RAW photograph'],
  ['ftypcrx', 'a RAW photograph', 4],
  // With the line feed, because a list may begin with an image named P5.
  ...[1, 2, 3, 4, 5, 6].map((i) => [`P${i}\n`, 'a Netpbm file (.ppm, .pgm)'] as const),
  ['\0\0\x01\0', 'an icon (.ico)'],
  ['icns', 'an icon of macOS (.icns)'],
  ['v/1\x01', 'an OpenEXR file'],
  ['#?RADIANCE', 'a Radiance file (.hdr)'],
  ['DDS ', 'a DirectDraw texture (.dds)'],
];

/** Other files that are found in place of images. */
const others: Sniffed = [
  ['<?xml', 'an XML file, such as an SVG drawing'],
  ['<', 'a web page, or an SVG drawing'],
  ['%PDF', 'a PDF document'],
  ['version https://git-lfs', 'a Git LFS pointer (git lfs pull downloads the file)'],
];

function sniff(kinds: Sniffed, file: Uint8Array): string | undefined {
  const start = textOf(file).trimStart();
  return kinds.find(([text, , offset = 0]) => start.startsWith(text, offset))?.[1];
}

/** Names an image of an unsupported kind by its first bytes: "a HEIC file". Returns undefined for any other file. */
export function nameUnreadImage(file: Uint8Array): string | undefined {
  checkBytes('nameUnreadImage', file);
  return sniff(unread, file);
}

function oddityOf(kind: ImageKind, file: Uint8Array): string | undefined {
  try {
    const oddity = formatOf(kind).readOddity?.(new DataView(file.buffer, file.byteOffset, file.length));
    return oddity && `${oddity}, which is not supported`;
  } catch (error) {
    // The file ends before it.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * Describes in a few words a file that cannot be decoded. Messages of libvips are not used: its threads share one text, so that it varies
 * between runs and may concern another image.
 */
export function describeImage(file: Uint8Array): string {
  checkBytes('describeImage', file);
  if (file.length === 0) return 'an empty file';
  const kind = kindOfImage(file);
  if (kind) return `${nameOfKind(kind)} ${oddityOf(kind, file) ?? 'that is damaged or truncated'}`;
  const image = nameUnreadImage(file);
  const known = image ? `${image} (convert it to JPEG or PNG first)` : sniff(others, file);
  const names = imageKinds.map(({ name }) => name);
  return `${known ? `${known}, which is` : `${file.length} bytes, which are`} not ${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
