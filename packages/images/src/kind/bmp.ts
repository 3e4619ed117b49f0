/** The first fields of a BMP's header: its size. */

/** Bytes of the header of OS/2 and Windows 2, whose sizes have 16 bits. */
export const oldHeaderBytes = 12;

/** Reads the size; a height is negative in the file if the top row is the first. @throws RangeError if the bytes end before it */
export function readBmpSize(view: DataView): [height: number, width: number] {
  if (view.getUint32(14, true) === oldHeaderBytes) return [view.getUint16(20, true), view.getUint16(18, true)];
  return [Math.abs(view.getInt32(22, true)), view.getInt32(18, true)];
}
