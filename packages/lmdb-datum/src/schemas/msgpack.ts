/**
 * MessagePack of (image file, label), or of arrays as written by msgpack_numpy: TensorPack's LMDBSerializer, and variants of folder2lmdb.
 * The count is under `__len__`, the keys are under `__keys__`.
 */
import { kindOfImage } from '@ae/images/kind';
import type { Datum } from '../datum/datum';
import { type ColorOrder, colorOrders } from './array-image';
import { type Decode, loadDecoder } from './msgpack-decoder';
import { checkStructure } from './msgpack-structure';
import { ndArray } from './python/nd-array';
import { datumOfObjects } from './python-record';
import { otherValue, type Schema, strangeRecord } from './schema';

let loaded: Decode | undefined;

export const msgpackSchema: Schema = {
  name: 'msgpack',
  title: 'MessagePack, as in TensorPack',
  sideKeys: ['__len__', '__keys__'],
  recognize(value) {
    const first = value[0] ?? 0;
    // A list, a map, or bytes.
    const ranges = [
      [0x80, 0x9f],
      [0xc4, 0xc6],
      [0xdc, 0xdf],
    ] as const;
    if (!ranges.some(([from, to]) => first >= from && first <= to)) return undefined;
    try {
      return datumOfObjects(unpack(value), 'bgr') ? 'MessagePack with images' : undefined;
    } catch {
      return undefined;
    }
  },
  decode(value, context): Datum {
    let objects: unknown;
    try {
      objects = unpack(value);
    } catch (cause) {
      throw otherValue('MessagePack', value, context, cause);
    }
    const datum = datumOfObjects(objects, context.variant as ColorOrder);
    if (!datum)
      throw strangeRecord('an image', 'MessagePack without one', context, { layout: 'MessagePack without an image' });
    return datum;
  },
  variants: () => colorOrders,
  countSaid({ get }) {
    const value = get('__len__');
    try {
      const count = value && unpack(value);
      return typeof count === 'number' ? { key: '__len__', count } : undefined;
    } catch {
      return undefined;
    }
  },
};

/** Decodes a value. Text is returned as bytes first, because older programs write bytes as text. */
function unpack(value: Uint8Array): unknown {
  checkStructure(value);
  loaded ??= loadDecoder();
  return settle(loaded(value, { rawStrings: true, mapKeyConverter: nameOf }));
}

const nameOf = (key: unknown) => (key instanceof Uint8Array ? Buffer.from(key).toString('latin1') : String(key));

/** Converts the decoded value to maps, arrays and text. */
function settle(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(settle);
  if (value instanceof Uint8Array) return textOrBytes(value);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const { nd, type, shape, data } = value as Record<string, unknown>;
  if (nd !== undefined && data instanceof Uint8Array) {
    const sizes = nd === true && Array.isArray(shape) ? shape.map(Number) : [];
    return type instanceof Uint8Array ? ndArray(nameOf(type), sizes, data) : undefined;
  }
  return new Map(Object.entries(value).map(([name, part]) => [name, settle(part)]));
}

const mostTextBytes = 4096;

function textOrBytes(bytes: Uint8Array): string | Uint8Array {
  if (bytes.length > mostTextBytes || kindOfImage(bytes)) return bytes;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.includes('\0') ? bytes : text;
  } catch {
    return bytes;
  }
}
