/** Reads the size of a lossy, lossless or extended WebP, depending on its first chunk. @throws RangeError if the bytes end before it */
export function readWebpSize(view: DataView): [height: number, width: number] | undefined {
  const chunk = view.getUint8(15);
  if (chunk === 0x20) return [view.getUint16(28, true) & 0x3fff, view.getUint16(26, true) & 0x3fff];
  if (chunk === 0x4c) {
    const bits = view.getUint32(21, true);
    return [((bits >>> 14) & 0x3fff) + 1, (bits & 0x3fff) + 1];
  }
  const u24 = (at: number) => view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
  return chunk === 0x58 ? [u24(27) + 1, u24(24) + 1] : undefined;
}
