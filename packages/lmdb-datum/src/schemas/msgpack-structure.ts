/**
 * Checks the structure of MessagePack without decoding it: the decoder allocates each array at its declared size, however short the record
 * is.
 */

const mostDepth = 64;

/**
 * Checks that there is a byte for each element that arrays and maps declare, and that they are not nested deeper than in any image.
 *
 * @throws {RangeError} if not, or if the record ends within an element
 * @see https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export function checkStructure(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** Number of elements still to come, by depth. */
  const open = [1];
  for (let at = 0; open.length > 0; ) {
    if (open[open.length - 1]! === 0) {
      open.pop();
      continue;
    }
    open[open.length - 1]!--;
    const { size, elements } = elementAt(view, at);
    at += size;
    if (at > bytes.length) throw new RangeError('it ends within an element');
    if (elements === 0) continue;
    if (open.length > mostDepth) throw new RangeError(`its lists are nested more than ${mostDepth} deep`);
    open.push(elements);
  }
}

/** Returns the size of an element, without its own elements, and the number of these. */
function elementAt(view: DataView, at: number): { size: number; elements: number } {
  const type = view.getUint8(at);
  if (type < 0x80 || type >= 0xe0) return { size: 1, elements: 0 };
  if (type < 0x90) return { size: 1, elements: 2 * (type & 15) };
  if (type < 0xa0) return { size: 1, elements: type & 15 };
  if (type < 0xc0) return { size: 1 + (type & 31), elements: 0 };
  const lengthBytes = lengthBytesOf[type];
  if (lengthBytes === undefined) return { size: 1 + (dataBytesOf[type] ?? 0), elements: 0 };
  const length = readLength(view, at + 1, lengthBytes);
  if (type >= 0xdc) return { size: 1 + lengthBytes, elements: type >= 0xde ? 2 * length : length };
  const isExtension = type >= 0xc7 && type <= 0xc9;
  return { size: 1 + lengthBytes + (isExtension ? 1 : 0) + length, elements: 0 };
}

function readLength(view: DataView, at: number, bytes: number): number {
  if (bytes === 1) return view.getUint8(at);
  return bytes === 2 ? view.getUint16(at) : view.getUint32(at);
}

/** Number of bytes that encode the length: binary, extensions, text, arrays and maps. */
const lengthBytesOf: Record<number, number> = {
  ...{ 196: 1, 197: 2, 198: 4, 199: 1, 200: 2, 201: 4 },
  ...{ 217: 1, 218: 2, 219: 4, 220: 2, 221: 4, 222: 2, 223: 4 },
};

/** Number of bytes after the type: floats, whole numbers, and extensions of fixed sizes with their own types. */
const dataBytesOf: Record<number, number> = {
  ...{ 202: 4, 203: 8, 204: 1, 205: 2, 206: 4, 207: 8, 208: 1, 209: 2, 210: 4, 211: 8 },
  ...{ 212: 2, 213: 3, 214: 5, 215: 9, 216: 17 },
};
