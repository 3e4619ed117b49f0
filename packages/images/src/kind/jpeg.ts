/** What a JPEG's markers say before its first scan. */

const startOfScan = 0xda;
const frameOfJpegLs = 0xf7;
const applicationSegment1 = 0xe1;
const exif = [0x45, 0x78, 0x69, 0x66, 0, 0];
const orientationTag = 0x0112;

/** The contents of a JPEG file's header. */
export interface JpegHeader {
  height: number;
  width: number;
  components: number;
  /** EXIF orientation, 1 to 8. 1 if there is none. */
  orientation: number;
  /** The marker of the frame: 0xc0 and 0xc1 are sequential, 0xc2 is progressive. */
  frame: number;
}

/** Tells whether a marker begins a frame: all of 0xc0 to 0xcf except the tables and the reserved one. */
export function isFrameMarker(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** Reads a JPEG's markers up to its first scan. Returns undefined if it has no frame header. */
export function readJpegHeader(file: Uint8Array): JpegHeader | undefined {
  let frame: Omit<JpegHeader, 'orientation'> | undefined;
  let orientation: number | undefined;
  for (let at = 2; at + 9 < file.length && file[at] === 0xff && file[at + 1] !== startOfScan; ) {
    const marker = file[at + 1];
    // A marker may have fill bytes before it.
    if (marker === 0xff) {
      at++;
      continue;
    }
    const length = u16(file, at + 2);
    if (isFrameMarker(marker)) {
      frame ??= { height: u16(file, at + 5), width: u16(file, at + 7), components: file[at + 9], frame: marker };
    }
    // If there are several, the first one counts, as in OpenCV.
    if (marker === applicationSegment1) orientation ??= readExifOrientation(file.subarray(at + 4, at + 2 + length));
    at += 2 + length;
  }
  return frame && { ...frame, orientation: orientation ?? 1 };
}

/** Reads the size from a JPEG's frame header. @throws RangeError if the bytes end before it */
export function readJpegSize(view: DataView): [height: number, width: number] | undefined {
  const at = findMarker(view, isFrameMarker);
  return at === undefined ? undefined : [view.getUint16(at + 5), view.getUint16(at + 7)];
}

/** Names the relatives of JPEG that decoders of photographs do not read. @throws RangeError if the bytes end before the frame header */
export function readJpegOddity(view: DataView): string | undefined {
  const at = findMarker(view, (marker) => isFrameMarker(marker) || marker === frameOfJpegLs);
  if (at === undefined) return undefined;
  if (view.getUint8(at + 1) === frameOfJpegLs) return 'with JPEG-LS compression';
  const bits = view.getUint8(at + 4);
  return bits === 8 ? undefined : `of ${bits} bits per sample`;
}

/** Returns where the first such marker begins; undefined if something else than markers comes first. */
function findMarker(view: DataView, isWanted: (marker: number) => boolean): number | undefined {
  for (let at = 2; view.getUint8(at) === 0xff; ) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) at++;
    else if (isWanted(marker)) return at;
    else at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}

function readExifOrientation(segment: Uint8Array): number | undefined {
  if (segment.length < 20 || exif.some((byte, i) => segment[i] !== byte)) return undefined;
  const tiff = new DataView(segment.buffer, segment.byteOffset + exif.length, segment.length - exif.length);
  const isLittle = tiff.getUint16(0) === 0x4949;
  const directory = tiff.getUint32(4, isLittle);
  if (directory + 2 > tiff.byteLength) return undefined;
  const entries = tiff.getUint16(directory, isLittle);
  for (let i = 0, at = directory + 2; i < entries && at + 12 <= tiff.byteLength; i++, at += 12) {
    if (tiff.getUint16(at, isLittle) !== orientationTag) continue;
    const value = tiff.getUint16(at + 8, isLittle);
    return value >= 1 && value <= 8 ? value : undefined;
  }
  return undefined;
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) + bytes[at + 1];
}
