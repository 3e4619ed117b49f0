/** Recognizes values that are not Datums, by their first bytes and fields: many LMDBs of images contain something else. */
import { kindOfImage, nameOfKind } from '@ae/images/kind';
import { refuse } from '../errors/checks';

const signatures: readonly (readonly [kind: string, offset: number, bytes: string])[] = [
  ['a HEIC or MP4 file', 4, 'ftyp'],
  ['a NumPy array (.npy)', 0, '\x93NUMPY'],
  ['a zip archive (or .npz, .pt)', 0, 'PK\x03\x04'],
  ['gzip', 0, '\x1f\x8b'],
  ['an HDF5 file', 0, '\x89HDF'],
  ['an Arrow file', 0, 'ARROW1'],
  ['an Arrow stream', 0, '\xff\xff\xff\xff'],
  ['a JPEG 2000 file', 0, '\0\0\0\x0cjP  \r\n\x87\n'],
  ['a JPEG 2000 file', 0, '\xff\x4f\xff\x51'],
  ['a JPEG XL file', 0, '\0\0\0\x0cJXL \r\n\x87\n'],
  ['an OpenEXR file', 0, '\x76\x2f\x31\x01'],
  ['a PGM image', 0, 'P5\n'],
  ['a PPM image', 0, 'P6\n'],
  ['an SVG or XML document', 0, '<?xml'],
  ['an SVG or XML document', 0, '<svg'],
];
const leastBmpBytes = 54;
const mostArrowHeadBytes = 64;
const mostArrowParts = 1 << 16;
/** Maximum number of bytes that are examined. */
const mostBytes = 1 << 16;

/**
 * Describes in a few words a value that is not a Datum of Caffe ("a JPEG file", "an AnnotatedDatum of SSD, with a Datum in it"); returns
 * undefined if it is not recognized.
 */
export function describeValue(value: Uint8Array): string | undefined {
  if (!(value instanceof Uint8Array)) refuse('describeValue', 'the bytes of a record', value, 'pass bytes');
  if (value.length === 0) return 'empty';
  const kind = kindOfImage(value);
  // Two letters alone do not make a BMP.
  if (kind && (kind !== 'bmp' || value.length >= leastBmpBytes)) return nameOfKind(kind);
  const start = String.fromCharCode(...value.subarray(0, 16));
  const known = signatures.find(([, offset, bytes]) => start.startsWith(bytes, offset));
  if (known) return known[0];
  return pickle(value) ?? pyarrow(value) ?? describeMessage(value) ?? text(value) ?? messagePack(value);
}

function pickle(value: Uint8Array): string | undefined {
  const protocol = value[1] ?? 0;
  const isPickle = value[0] === 0x80 && protocol >= 2 && protocol <= 5 && value[value.length - 1] === 0x2e;
  return isPickle ? 'a Python pickle' : undefined;
}

/** 32-bit counts, followed by an Arrow stream, whose messages begin with -1. Nothing has read it since pyarrow dropped it. */
function pyarrow(value: Uint8Array): string | undefined {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const most = Math.min(value.length - 8, mostArrowHeadBytes);
  for (let at = 8; at <= most; at += 8) {
    if (view.getInt32(at, true) !== -1) continue;
    const counts = Array.from({ length: at / 4 }, (_, i) => view.getInt32(i * 4, true));
    const length = view.getInt32(at + 4, true);
    const isSmall = counts.every((count) => count >= 0 && count < mostArrowParts);
    return isSmall && length > 0 && at + 8 + length <= value.length ? 'output of pyarrow.serialize' : undefined;
  }
  return undefined;
}

function text(value: Uint8Array): string | undefined {
  const bytes = value.subarray(0, mostBytes);
  if (bytes.some((byte) => byte < 32 && byte !== 9 && byte !== 10 && byte !== 13)) return undefined;
  let said: string;
  try {
    // A character truncated at the limit is not an error.
    said = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: bytes.length < value.length });
  } catch {
    return undefined;
  }
  if (/^\s*-?\d+(\.\d+)?\s*$/.test(said)) return 'a number as text';
  return /^\s*[[{]/.test(said) ? 'text, perhaps JSON' : 'text';
}

/** One field of a protobuf message. */
interface Field {
  number: number;
  wire: number;
  /** Of a field with a length. */
  bytes: Uint8Array;
}

const fewFields = 64;

/** Returns the first few fields of a message; undefined if the bytes are not a message. */
function fieldsOf(value: Uint8Array): Field[] | undefined {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let result = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = value[at++];
      if (byte === undefined) return Number.NaN;
      result += (byte & 127) * 2 ** shift;
      if (byte < 128) return result;
    }
    return Number.NaN;
  };
  while (at < value.length && fields.length < fewFields) {
    const tag = varint();
    const [number, wire] = [Math.floor(tag / 8), tag % 8];
    if (!(number >= 1 && number < 2 ** 29)) return undefined;
    let length = { 1: 8, 5: 4 }[wire] ?? 0;
    if (wire === 0 && Number.isNaN(varint())) return undefined;
    if (wire === 2) length = varint();
    if (!(wire === 0 || wire === 1 || wire === 2 || wire === 5) || !(at + length <= value.length)) return undefined;
    fields.push({ number, wire, bytes: value.subarray(at, at + length) });
    at += length;
  }
  return fields.length > 0 ? fields : undefined;
}

const has = (fields: readonly Field[], number: number, wire: number) =>
  fields.some((field) => field.number === number && field.wire === wire);
/** True if each field is one of these, written as number and wire type: '1:0'. */
const only = (fields: readonly Field[], allowed: readonly string[]) =>
  fields.every(({ number, wire }) => allowed.includes(`${number}:${wire}`));

const datumFields = ['1:0', '2:0', '3:0', '4:2', '5:0', '6:5', '6:2', '7:0', '8:0'];
const tensorFields = [
  '1:0',
  '1:2',
  '2:0',
  '3:2',
  '3:5',
  '4:0',
  '4:2',
  '5:2',
  '6:2',
  '7:2',
  '8:2',
  '9:1',
  '9:2',
  '10:0',
  '10:2',
  '11:2',
  '12:0',
];

/** The same for messages that are not Datums, but would be read as empty ones. */
export function describeMessage(value: Uint8Array): string | undefined {
  const fields = fieldsOf(value);
  if (!fields?.every(({ number, wire }) => number !== 1 || wire === 2)) return undefined;
  const inner = fields.filter(({ number, wire }) => number === 1 && wire === 2).map(({ bytes }) => fieldsOf(bytes));
  const [first] = inner;
  if (!first) return undefined;
  // A tensor may have the same fields, but no width, and no bool as its seventh field.
  const isDatum =
    only(first, datumFields) &&
    (has(first, 4, 2) || has(first, 6, 5) || has(first, 6, 2)) &&
    (has(first, 3, 0) || has(first, 7, 0));
  if (isDatum && inner.length === 1 && only(fields, ['1:2', '2:0', '3:2']))
    return 'an AnnotatedDatum of SSD, with a Datum in it';
  const isTensor = (tensor: Field[] | undefined) =>
    tensor !== undefined &&
    only(tensor, tensorFields) &&
    has(tensor, 2, 0) &&
    tensor.some(({ number }) => [3, 4, 5, 6, 9, 10].includes(number));
  if (fields.every(({ number }) => number === 1) && inner.every(isTensor)) return "Caffe2's TensorProtos";
  const entry = first.every(({ number, wire }) => number === 1 && wire === 2)
    ? fieldsOf(first[0]?.bytes ?? value)
    : undefined;
  const isExample =
    fields.every(({ number }) => number <= 2) && entry && only(entry, ['1:2', '2:2']) && has(entry, 2, 2);
  return isExample ? 'a TensorFlow Example' : undefined;
}

/** A list or map of MessagePack that ends where the value does, as written by TensorPack and others. */
function messagePack(value: Uint8Array): string | undefined {
  const first = value[0] ?? 0;
  const isContainer = (first >= 0x80 && first <= 0x9f) || (first >= 0xdc && first <= 0xdf);
  return isContainer && value.length > 1 && packedEnd(value) === value.length ? 'MessagePack' : undefined;
}

const mostItems = 100_000;

/** Returns where the first object ends, or NaN. */
function packedEnd(value: Uint8Array): number {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  let at = 0;
  const size = (bytes: 1 | 2 | 4): number => {
    if (at + bytes > value.length) return Number.NaN;
    const length = bytes === 1 ? view.getUint8(at) : bytes === 2 ? view.getUint16(at) : view.getUint32(at);
    at += bytes;
    return length;
  };
  let left = 1;
  for (let items = 0; left > 0; items++, left--) {
    const code = value[at++];
    if (code === undefined || items > mostItems) return Number.NaN;
    let skip = 0;
    if (code <= 0x7f || code >= 0xe0 || code === 0xc0 || code === 0xc2 || code === 0xc3) skip = 0;
    else if (code <= 0x8f) left += 2 * (code & 15);
    else if (code <= 0x9f) left += code & 15;
    else if (code <= 0xbf) skip = code & 31;
    else if (code >= 0xc4 && code <= 0xc6) skip = size([1, 2, 4][code - 0xc4] as 1 | 2 | 4);
    else if (code >= 0xc7 && code <= 0xc9) skip = size([1, 2, 4][code - 0xc7] as 1 | 2 | 4) + 1;
    else if (code >= 0xca && code <= 0xd3) skip = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8][code - 0xca];
    else if (code >= 0xd4 && code <= 0xd8) skip = 1 + 2 ** (code - 0xd4);
    else if (code >= 0xd9 && code <= 0xdb) skip = size([1, 2, 4][code - 0xd9] as 1 | 2 | 4);
    else if (code === 0xdc || code === 0xdd) left += size(code === 0xdc ? 2 : 4);
    else if (code === 0xde || code === 0xdf) left += 2 * size(code === 0xde ? 2 : 4);
    else return Number.NaN;
    at += skip;
    if (!(at <= value.length) || !(left <= value.length)) return Number.NaN;
  }
  return at;
}
