/** The first directory of a TIFF file, classic or big: the size and format of its pixels. */

export interface TiffHeader {
  height: number;
  width: number;
  /** Of each sample. */
  bits: number;
  samples: number;
  /** 1 unsigned integers, 2 signed integers, 3 floats. */
  format: number;
  /** 0 and 1 gray, 2 RGB, 3 palette, 5 CMYK, 6 YCbCr, 8 CIELab. */
  photometric: number;
  compression: number;
  /** EXIF orientation, 1 to 8. */
  orientation: number;
  /** 1 if the samples of a pixel lie together, 2 if each color is a plane. */
  planes: number;
  /** 0 if the image has no tiles. */
  tileWidth: number;
  /** Meaning of the first sample beyond the colors: 1 premultiplied alpha, 2 alpha that is not premultiplied. */
  extra: number;
}

const tags = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  orientation: 274,
  samples: 277,
  planes: 284,
  tileWidth: 322,
  extra: 338,
  format: 339,
};
const defaults: TiffHeader = {
  width: 0,
  height: 0,
  bits: 1,
  compression: 1,
  photometric: 0,
  orientation: 1,
  samples: 1,
  planes: 1,
  tileWidth: 0,
  extra: 0,
  format: 1,
};
/** The directory of an image usually has about twenty. */
const mostEntries = 4096;

/** Compressions that the decoders which sharp comes with do not read. */
const compressionNames: Record<number, string> = {
  32766: 'NeXT',
  32771: 'CCITT RLE',
  32809: 'ThunderScan',
  33003: 'JPEG 2000',
  33005: 'JPEG 2000',
  34661: 'JBIG',
  34712: 'JPEG 2000',
  34887: 'LERC',
  34925: 'LZMA',
  34933: 'PNG',
  34934: 'JPEG XR',
  50000: 'Zstandard',
  50002: 'JPEG XL',
  52546: 'JPEG XL',
};
const usualBits = [1, 2, 4, 8, 16];

/** Names what keeps decoders from reading a sound file. @throws RangeError if the bytes end before the first directory does */
export function readTiffOddity(view: DataView): string | undefined {
  const { bits, compression, planes, tileWidth } = readTiffHeader(view);
  if (compression in compressionNames) return `with ${compressionNames[compression]} compression`;
  if (!usualBits.includes(bits)) return `of ${bits} bits per sample`;
  return planes === 2 && tileWidth > 0 ? 'with tiles of single colors' : undefined;
}

/** Reads the first value of each tag. @throws RangeError if the directory is not in these bytes */
export function readTiffHeader(view: DataView): TiffHeader {
  const header = { ...defaults };
  for (const { name, place, bytes } of valuesOf(view)) header[name] = valueAt(view, place, bytes);
  return header;
}

/** A tag of the first directory that is read, and where its first value is. */
interface TiffValue {
  readonly name: keyof TiffHeader;
  readonly place: number;
  /** Size of the value. */
  readonly bytes: number;
}

function* valuesOf(view: DataView): Generator<TiffValue> {
  const isLittle = view.getUint8(0) === 0x49;
  const isBig = view.getUint16(2, isLittle) === 43;
  const offset = (at: number) => valueAt(view, at, isBig ? 8 : 4);
  const directory = offset(isBig ? 8 : 4);
  const entries = isBig ? offset(directory) : view.getUint16(directory, isLittle);
  const [headBytes, entryBytes, valuesAt] = isBig ? [8, 20, 12] : [2, 12, 8];
  const names = Object.entries(tags) as [keyof TiffHeader, number][];
  for (let i = 0, at = directory + headBytes; i < Math.min(entries, mostEntries); i++, at += entryBytes) {
    const tag = view.getUint16(at, isLittle);
    const name = names.find(([, number]) => number === tag)?.[0];
    if (!name) continue;
    const type = view.getUint16(at + 2, isLittle);
    const bytes = { 1: 1, 3: 2, 4: 4, 16: 8 }[type];
    if (bytes === undefined) continue;
    const count = offset(at + 4);
    // Values that do not fit in the entry are stored elsewhere.
    const place = count * bytes > (isBig ? 8 : 4) ? offset(at + valuesAt) : at + valuesAt;
    yield { name, place, bytes };
  }
}

function valueAt(view: DataView, place: number, bytes: number): number {
  const isLittle = view.getUint8(0) === 0x49;
  if (bytes === 1) return view.getUint8(place);
  if (bytes === 2) return view.getUint16(place, isLittle);
  return bytes === 4 ? view.getUint32(place, isLittle) : Number(view.getBigUint64(place, isLittle));
}

/**
 * Returns the file, or a copy that is upright if its orientation is none of the eight: libtiff complains and goes on, but sharp then
 * takes the file for damaged.
 */
export function withValidOrientation(file: Uint8Array): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  for (const { name, place, bytes } of valuesOf(view)) {
    if (name !== 'orientation' || bytes !== 2) continue;
    const value = valueAt(view, place, bytes);
    if (value >= 1 && value <= 8) continue;
    const copy = file.slice();
    copy.set(view.getUint8(0) === 0x49 ? [1, 0] : [0, 1], place);
    return copy;
  }
  return file;
}

/** Decoders walk through all pages first, which may take long. */
const mostPages = 10_000;

/** True if a file has more pages than that. @throws RangeError if their directories are not in these bytes */
export function hasTooManyPages(view: DataView): boolean {
  const isLittle = view.getUint8(0) === 0x49;
  const isBig = view.getUint16(2, isLittle) === 43;
  const offset = (at: number) => (isBig ? Number(view.getBigUint64(at, isLittle)) : view.getUint32(at, isLittle));
  const seen = new Set<number>();
  for (let at = offset(isBig ? 8 : 4); at !== 0 && !seen.has(at); ) {
    seen.add(at);
    if (seen.size > mostPages) return true;
    at = isBig ? offset(at + 8 + 20 * offset(at)) : offset(at + 2 + 12 * view.getUint16(at, isLittle));
  }
  return false;
}
