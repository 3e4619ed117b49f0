/** What the first bytes of image files tell, read without decoding. */
import { type ImageKind, isFrameMarker, kindOfImage } from './image-size';

/** Names the image format that bytes begin with, if it is one that encoded Datums use. */
export function sniffImage(data: Uint8Array): 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | undefined {
  const starts = (signature: number[], offset = 0) => signature.every((byte, i) => data[offset + i] === byte);
  if (starts([0xff, 0xd8, 0xff])) return 'jpeg';
  if (starts([0x89, 0x50, 0x4e, 0x47])) return 'png';
  if (starts([0x52, 0x49, 0x46, 0x46]) && starts([0x57, 0x45, 0x42, 0x50], 8)) return 'webp';
  if (starts([0x47, 0x49, 0x46, 0x38])) return 'gif';
  if (starts([0x49, 0x49, 0x2a, 0x00]) || starts([0x4d, 0x4d, 0x00, 0x2a])) return 'tiff';
  return undefined;
}

export interface JpegHeader {
  components: number;
  /** EXIF orientation, 1 to 8. 1 if there is none. */
  orientation: number;
}

/** Reads a JPEG's markers up to its first scan. Returns undefined if it isn't a JPEG or has no frame header. */
export function readJpegHeader(file: Uint8Array): JpegHeader | undefined {
  if (sniffImage(file) !== 'jpeg') return undefined;
  let components: number | undefined;
  let orientation: number | undefined;
  for (let at = 2; at + 9 < file.length && file[at] === 0xff && file[at + 1] !== SOS; ) {
    const marker = file[at + 1]!;
    const length = (file[at + 2]! << 8) + file[at + 3]!;
    if (isFrameMarker(marker)) components ??= file[at + 9]!;
    // Of several the first counts, as in OpenCV.
    if (marker === APP1) orientation ??= readExifOrientation(file.subarray(at + 4, at + 2 + length));
    at += 2 + length;
  }
  return components === undefined ? undefined : { components, orientation: orientation ?? 1 };
}

const SOS = 0xda;
const APP1 = 0xe1;
const EXIF = [0x45, 0x78, 0x69, 0x66, 0, 0];
const ORIENTATION_TAG = 0x0112;

function readExifOrientation(segment: Uint8Array): number | undefined {
  if (segment.length < 20 || EXIF.some((byte, i) => segment[i] !== byte)) return undefined;
  const tiff = new DataView(segment.buffer, segment.byteOffset + EXIF.length, segment.length - EXIF.length);
  const isLittle = tiff.getUint16(0) === 0x4949;
  const directory = tiff.getUint32(4, isLittle);
  if (directory + 2 > tiff.byteLength) return undefined;
  const entries = tiff.getUint16(directory, isLittle);
  for (let i = 0, at = directory + 2; i < entries && at + 12 <= tiff.byteLength; i++, at += 12) {
    if (tiff.getUint16(at, isLittle) !== ORIENTATION_TAG) continue;
    const value = tiff.getUint16(at + 8, isLittle);
    return value >= 1 && value <= 8 ? value : undefined;
  }
  return undefined;
}

/** Number of channels of a PNG, if it has a kind that there is, and bits of each. */
export function readPngHeader(file: Uint8Array): { channels?: number; bits?: number } {
  // IHDR's colour types: grey, RGB, palette, grey with alpha, RGB with alpha. OpenCV makes both of the last two BGRA.
  return { channels: ({ 0: 1, 2: 3, 3: 3, 4: 4, 6: 4 } as Record<number, number>)[file[25] ?? -1], bits: file[24] };
}

const NAMES: Record<ImageKind, string> = {
  ...{ jpeg: 'a JPEG', png: 'a PNG', webp: 'a WebP', gif: 'a GIF', tiff: 'a TIFF', avif: 'an AVIF', bmp: 'a BMP' },
};
/** Kinds that are not decoded, by what they begin with, or hold from the fifth byte on. */
const OTHERS: readonly (readonly [text: string, name: string, offset?: number])[] = [
  ['<svg', 'an SVG drawing'],
  ['<?xml', 'an XML file, such as an SVG drawing'],
  ['<', 'a web page, or an SVG drawing'],
  ['%PDF', 'a PDF document'],
  ['ftyphei', 'a HEIC file', 4],
  ['ftyphev', 'a HEIC file', 4],
  ['ftypmif1', 'a HEIC file', 4],
  ['JXL ', 'a JPEG XL file', 4],
  ['jP  ', 'a JPEG 2000 file', 4],
  ['8BPS', 'a Photoshop file'],
  ['version https://git-lfs', 'a pointer of Git LFS (git lfs pull fetches the file)'],
];

/**
 * Says in a few words what a file is that doesn't decode. What libvips says of it isn't told: its threads share one text, so that it
 * changes from run to run and may be of another image.
 */
export function describeImage(file: Uint8Array): string {
  if (file.length === 0) return 'an empty file';
  const kind = kindOfImage(file);
  if (kind) return `${NAMES[kind]} file that is damaged or cut short`;
  const start = Buffer.from(file.subarray(0, 64)).toString('latin1').trimStart();
  const known = OTHERS.find(([text, , offset = 0]) => start.startsWith(text, offset))?.[1];
  return `${known ?? `${file.length} bytes`}, none of JPEG, PNG, WebP, GIF, TIFF, AVIF and BMP`;
}
