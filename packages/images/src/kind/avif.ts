/** 'ispe', the box that contains a size. */
const ISPE = 0x69737065;

/** Tells an AVIF from other files with the same container (HEIC, MP4), by its brand and its compatible brands. */
export function isAvif(start: string): boolean {
  return start.startsWith('ftyp', 4) && /avi[fs]/.test(start.slice(8, Math.max(16, start.charCodeAt(3))));
}

/**
 * Reads the largest size in an AVIF's boxes, which describe the image, its tiles and its thumbnail.
 *
 * @throws RangeError if the bytes end before it
 */
export function readAvifSize(view: DataView): [height: number, width: number] | undefined {
  const end = Math.min(view.byteLength, 1 << 16) - 3;
  let most: [number, number] | undefined;
  for (let at = 0; at < end; at++) {
    if (view.getUint32(at) !== ISPE) continue;
    const size: [number, number] = [view.getUint32(at + 12), view.getUint32(at + 8)];
    if (!most || size[0] * size[1] > most[0] * most[1]) most = size;
  }
  return most;
}

/** Names an animation, whose file does not claim to be a single image, too. */
export function readAvifOddity(view: DataView): string | undefined {
  const brand = String.fromCharCode(...[8, 9, 10, 11].map((at) => view.getUint8(at)));
  return brand === 'avis' ? 'that is an animation' : undefined;
}
