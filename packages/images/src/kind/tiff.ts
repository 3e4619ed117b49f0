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
  /** Meaning of the first sample beyond the colors: 1 premultiplied alpha, 2 alpha that is not premultiplied. */
  extra: number;
}

const tags = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  samples: 277,
  extra: 338,
  format: 339,
};
const defaults: TiffHeader = {
  width: 0,
  height: 0,
  bits: 1,
  compression: 1,
  photometric: 0,
  samples: 1,
  extra: 0,
  format: 1,
};
/** The directory of an image usually has about twenty. */
const mostEntries = 4096;

/** Reads the first value of each tag. Returns undefined if the directory is not in these bytes. @throws RangeError likewise */
export function readTiffHeader(view: DataView): TiffHeader | undefined {
  const isLittle = view.getUint8(0) === 0x49;
  const isBig = view.getUint16(2, isLittle) === 43;
  const offset = (at: number) => (isBig ? Number(view.getBigUint64(at, isLittle)) : view.getUint32(at, isLittle));
  const directory = offset(isBig ? 8 : 4);
  const entries = isBig ? offset(directory) : view.getUint16(directory, isLittle);
  const [headBytes, entryBytes, valueAt] = isBig ? [8, 20, 12] : [2, 12, 8];
  const header = { ...defaults };
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
    const place = count * bytes > (isBig ? 8 : 4) ? offset(at + valueAt) : at + valueAt;
    header[name] =
      bytes === 1
        ? view.getUint8(place)
        : bytes === 2
          ? view.getUint16(place, isLittle)
          : bytes === 4
            ? view.getUint32(place, isLittle)
            : Number(view.getBigUint64(place, isLittle));
  }
  return header;
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
