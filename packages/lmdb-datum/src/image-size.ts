/** The kind and the size of an image file, from its first bytes: known before any decoder sees it. */
import { readTiffHeader } from './tiff-header';

/** The kinds that are decoded. Whatever else a decoder may know, such as SVG or PDF, is not given to it. */
export type ImageKind = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif' | 'bmp';

export interface ImageSize {
  kind: ImageKind;
  /** 0 where the first bytes don't tell. */
  height: number;
  width: number;
}

/** Tells the kind of an image file, and its size where its first bytes do. Undefined if it is of no kind that is decoded. */
export function readImageSize(file: Uint8Array): ImageSize | undefined {
  const kind = kindOfImage(file);
  if (!kind) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  let size: [height: number, width: number] | undefined;
  try {
    size = sizeReaders[kind](view);
  } catch (error) {
    // The file ends before its size does.
    if (!(error instanceof RangeError)) throw error;
  }
  const [height, width] = size ?? [0, 0];
  return { kind, height, width };
}

const signatures: readonly (readonly [kind: ImageKind, text: string, offset?: number])[] = [
  ['jpeg', '\xff\xd8\xff'],
  ['png', '\x89PNG\r\n\x1a\n'],
  ['webp', 'WEBP', 8],
  ['gif', 'GIF87a'],
  ['gif', 'GIF89a'],
  ['tiff', 'II*\0'],
  ['tiff', 'MM\0*'],
  ['tiff', 'II+\0'],
  ['tiff', 'MM\0+'],
  ['bmp', 'BM'],
];

export function kindOfImage(file: Uint8Array): ImageKind | undefined {
  const start = Buffer.from(file.buffer, file.byteOffset, Math.min(file.length, 64)).toString('latin1');
  const found = signatures.find(([, text, offset = 0]) => start.startsWith(text, offset));
  if (found) return found[0] === 'webp' && !start.startsWith('RIFF') ? undefined : found[0];
  if (!start.startsWith('ftyp', 4)) return undefined;
  // The brand, and those that it is compatible with, which may be many.
  const brands = start.slice(8, Math.max(16, start.charCodeAt(3)));
  return /avi[fs]/.test(brands) ? 'avif' : undefined;
}

const sizeReaders: Record<ImageKind, (view: DataView) => [height: number, width: number] | undefined> = {
  jpeg: jpegSize,
  png: (view) => [view.getUint32(20), view.getUint32(16)],
  gif: (view) => [view.getUint16(8, true), view.getUint16(6, true)],
  bmp: (view) => [Math.abs(view.getInt32(22, true)), view.getInt32(18, true)],
  webp: webpSize,
  tiff: (view) => {
    const { height, width } = readTiffHeader(view) ?? { height: 0, width: 0 };
    return [height, width];
  },
  avif: avifSize,
};

function jpegSize(view: DataView): [number, number] | undefined {
  for (let at = 2; view.getUint8(at) === 0xff; ) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) at++;
    else if (isFrameMarker(marker)) return [view.getUint16(at + 5), view.getUint16(at + 7)];
    else at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}

export function isFrameMarker(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** Of a lossy, a lossless or an extended file, by the name of its first chunk. */
function webpSize(view: DataView): [number, number] | undefined {
  const chunk = view.getUint8(15);
  if (chunk === 0x20) return [view.getUint16(28, true) & 0x3fff, view.getUint16(26, true) & 0x3fff];
  if (chunk === 0x4c) {
    const bits = view.getUint32(21, true);
    return [((bits >>> 14) & 0x3fff) + 1, (bits & 0x3fff) + 1];
  }
  const u24 = (at: number) => view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
  return chunk === 0x58 ? [u24(27) + 1, u24(24) + 1] : undefined;
}

/** The largest of the sizes that a file's boxes tell: of the image, of the tiles that it is made of, of its thumbnail. */
function avifSize(view: DataView): [number, number] | undefined {
  const bytes = Buffer.from(view.buffer, view.byteOffset, Math.min(view.byteLength, 1 << 16));
  let most: [number, number] | undefined;
  for (let at = bytes.indexOf('ispe'); at >= 0; at = bytes.indexOf('ispe', at + 4)) {
    const size: [number, number] = [view.getUint32(at + 12), view.getUint32(at + 8)];
    if (!most || size[0] * size[1] > most[0] * most[1]) most = size;
  }
  return most;
}
