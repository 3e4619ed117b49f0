/** What a PNG's chunks say before its pixels: IHDR, 13 bytes from byte 16 on, and those that follow it. */

/** By color type of IHDR: gray, RGB, palette, gray with alpha, RGB with alpha. OpenCV converts the last two to BGRA. */
const channelsByColorType: Record<number, number> = { 0: 1, 2: 3, 3: 3, 4: 4, 6: 4 };
const firstChunk = 33;

/** The contents of a PNG file's header. */
export interface PngHeader {
  height: number;
  width: number;
  /** Bits per sample. */
  bits: number;
  colorType: number;
  /** Number of channels that OpenCV returns; absent for an invalid color type. */
  channels?: number;
  /** Whether a chunk before the pixels names transparent colors. */
  hasTransparency: boolean;
}

/** Reads the size from IHDR. @throws RangeError if the bytes end before it */
export function readPngSize(view: DataView): [height: number, width: number] {
  return [view.getUint32(20), view.getUint32(16)];
}

/** Reads a PNG's chunks up to its pixels. Returns undefined if the bytes end before the first chunk does. */
export function readPngHeader(file: Uint8Array): PngHeader | undefined {
  if (file.length < firstChunk) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let hasTransparency = false;
  for (let at = firstChunk; at + 8 <= file.length; at += 12 + view.getUint32(at)) {
    const name = String.fromCharCode(...file.subarray(at + 4, at + 8));
    hasTransparency ||= name === 'tRNS';
    if (name === 'IDAT' || name === 'tRNS') break;
  }
  const [height, width] = readPngSize(view);
  const colorType = view.getUint8(25);
  return {
    height,
    width,
    bits: view.getUint8(24),
    colorType,
    channels: channelsByColorType[colorType],
    hasTransparency,
  };
}
