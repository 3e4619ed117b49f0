/** Arrays as NumPy writes them: bytes, a type such as '<f4', and a shape. */

/** An array in C order. */
export class NdArray {
  /** @param type Its name in NumPy: 'uint8', 'float32'. */
  constructor(
    readonly type: string,
    readonly shape: readonly number[],
    readonly data: Uint8Array | Float32Array | Float64Array,
  ) {}
}

interface ItemType {
  readonly name: string;
  readonly bytes: number;
  readonly read: (view: DataView, at: number, isLittle: boolean) => number;
}

const itemTypes: Readonly<Record<string, ItemType>> = {
  ...{ b1: { name: 'bool', bytes: 1, read: (view, at) => view.getUint8(at) } },
  ...{ u1: { name: 'uint8', bytes: 1, read: (view, at) => view.getUint8(at) } },
  ...{ i1: { name: 'int8', bytes: 1, read: (view, at) => view.getInt8(at) } },
  ...{ u2: { name: 'uint16', bytes: 2, read: (view, at, little) => view.getUint16(at, little) } },
  ...{ i2: { name: 'int16', bytes: 2, read: (view, at, little) => view.getInt16(at, little) } },
  ...{ u4: { name: 'uint32', bytes: 4, read: (view, at, little) => view.getUint32(at, little) } },
  ...{ i4: { name: 'int32', bytes: 4, read: (view, at, little) => view.getInt32(at, little) } },
  ...{ u8: { name: 'uint64', bytes: 8, read: (view, at, little) => Number(view.getBigUint64(at, little)) } },
  ...{ i8: { name: 'int64', bytes: 8, read: (view, at, little) => Number(view.getBigInt64(at, little)) } },
  ...{ f2: { name: 'float16', bytes: 2, read: (view, at, little) => halfToNumber(view.getUint16(at, little)) } },
  ...{ f4: { name: 'float32', bytes: 4, read: (view, at, little) => view.getFloat32(at, little) } },
  ...{ f8: { name: 'float64', bytes: 8, read: (view, at, little) => view.getFloat64(at, little) } },
};

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 0) return sign * fraction * 2 ** -14;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction) * 2 ** (exponent - 15);
}

/**
 * Makes an array from its stored parts.
 *
 * @param typeText A dtype's short name: '|u1', '<f4'; without a first character it is little-endian.
 * @throws RangeError if the type is not supported, or the bytes do not match the shape.
 */
export function ndArray(typeText: string, shape: readonly number[], bytes: Uint8Array, isFortran = false): NdArray {
  const [, order, code] = /^([<>|=]?)([a-zA-Z]\d+)$/.exec(typeText) ?? [];
  const type = code === undefined ? undefined : itemTypes[code];
  if (!type) throw new RangeError(`an array of ${typeText}, whose items are not numbers of a known type`);
  const count = shape.reduce((product, size) => product * size, 1);
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0) || count * type.bytes !== bytes.length)
    throw new RangeError(`an array of ${shape.join('x')} ${type.name} in ${bytes.length} bytes`);
  const items = readItems(type, count, bytes, order !== '>');
  return new NdArray(type.name, shape, isFortran ? toRowOrder(items, shape) : items);
}

function readItems(type: ItemType, count: number, bytes: Uint8Array, isLittle: boolean): NdArray['data'] {
  if (type.name === 'uint8' || type.name === 'bool') return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const items = type.bytes > 2 && type.name !== 'float32' ? new Float64Array(count) : new Float32Array(count);
  for (let i = 0; i < count; i++) items[i] = type.read(view, i * type.bytes, isLittle);
  return items;
}

/** Copies items: the slice of a Buffer would be a view. */
export function copyOf<T extends NdArray['data']>(items: T): T {
  return (items instanceof Uint8Array ? new Uint8Array(items) : items.slice()) as T;
}

/** Converts from column-major to row-major order. */
function toRowOrder<T extends NdArray['data']>(items: T, shape: readonly number[]): T {
  const out = copyOf(items);
  const place = shape.map(() => 0);
  for (let i = 0; i < items.length; i++) {
    let from = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) from = from * shape[axis] + place[axis];
    out[i] = items[from];
    for (let axis = shape.length - 1; axis >= 0 && ++place[axis] === shape[axis]; axis--) place[axis] = 0;
  }
  return out;
}
