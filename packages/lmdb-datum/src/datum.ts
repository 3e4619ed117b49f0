/**
 * Caffe's `Datum` message (proto2), to and from bytes.
 *
 *     message Datum {
 *       optional int32 channels = 1;  optional int32 height = 2;  optional int32 width = 3;
 *       optional bytes data = 4;           // planar C,H,W uint8 (BGR), or an image file if `encoded`
 *       optional int32 label = 5;
 *       repeated float float_data = 6;     // planar C,H,W, instead of `data`
 *       optional bool encoded = 7 [default = false];
 *     }
 *
 * The fields are read with protobufjs' wire reader: seven fields need no generated code.
 */
import protobuf from 'protobufjs/minimal.js';
import { DatumError, describe, reasonOf } from './errors';
import { sniffImage } from './image-header';

/** A record as it is stored. Dimensions are 0 where the message has none (usual for encoded images). */
export interface Datum {
  channels: number;
  height: number;
  width: number;
  /** Raw: planar `[C, H, W]` uint8, channels blue-green-red. Encoded: the bytes of an image file. Empty if `floatData` is set. */
  data: Uint8Array;
  /** int32; absent if the message has none. */
  label?: number;
  /** Planar `[C, H, W]` float32, used instead of `data` (pycaffe writes arrays that aren't uint8 like this). */
  floatData?: Float32Array;
  /** True if `data` is an image file. An absent field reads as false, as Caffe takes it. */
  encoded: boolean;
  /** Set if the message has no `encoded` field. Not written. */
  encodedAbsent?: true;
  /** Set if `floatData` is packed in the message. Not written: Caffe doesn't pack. */
  floatPacked?: true;
}

/** What `encodeDatum` takes: dimensions may be left out if `encoded`. */
export type DatumInit = Partial<Datum>;

/** Pixels ready to use: what `reader.at()` returns and what a training loop takes. */
export interface Sample {
  /** 1 (grey), 3 (blue-green-red) or 4 (blue-green-red-alpha) as a rule. */
  channels: number;
  height: number;
  width: number;
  /** Planar `[C, H, W]` uint8. */
  data: Uint8Array;
  label?: number;
  key?: string;
}

const VARINT = 0;
const BYTES = 2;
const FLOAT = 5;
const tag = (field: number, wire: number) => (field << 3) | wire;
const TAG = {
  channels: tag(1, VARINT),
  height: tag(2, VARINT),
  width: tag(3, VARINT),
  data: tag(4, BYTES),
  label: tag(5, VARINT),
  floatData: tag(6, FLOAT),
  floatDataPacked: tag(6, BYTES),
  encoded: tag(7, VARINT),
} as const;

const NO_BYTES = new Uint8Array(0);
/** Of a protobuf message, and so of a Datum. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * Decodes a Datum message. `data` is a view of `bytes`, not a copy.
 *
 * @param bytes The message. Unknown fields (NVIDIA Caffe's record_id, say) are skipped; float_data may be packed or not.
 * @param key Names the record in errors.
 * @throws DatumError if the bytes aren't a Datum, or its parts contradict each other: data of another length than
 *   `channels * height * width`, or both `data` and `float_data`.
 */
export function decodeDatum(bytes: Uint8Array, key?: string): Datum {
  let datum: Datum;
  try {
    datum = readFields(bytes);
  } catch (cause) {
    throw new DatumError(
      `${at(key)}: expected a Datum message, received ${bytes.length} bytes that don't parse (${reasonOf(cause)}); ` +
        'the record is damaged or was not written as a Caffe Datum.',
      { key, cause },
    );
  }
  checkDatum(datum, key);
  return datum;
}

function readFields(bytes: Uint8Array): Datum {
  const reader = protobuf.Reader.create(bytes);
  const datum: Datum = { channels: 0, height: 0, width: 0, data: NO_BYTES, label: undefined, encoded: false };
  let floats: FloatList | undefined;
  let hasEncoded = false;
  while (reader.pos < reader.len) {
    const fieldTag = reader.uint32();
    switch (fieldTag) {
      case TAG.channels:
        datum.channels = reader.int32();
        break;
      case TAG.height:
        datum.height = reader.int32();
        break;
      case TAG.width:
        datum.width = reader.int32();
        break;
      case TAG.data:
        datum.data = reader.bytes();
        break;
      case TAG.label:
        datum.label = reader.int32();
        break;
      case TAG.floatData:
      case TAG.floatDataPacked:
        floats ??= new FloatList(bytes, reader.pos);
        if (fieldTag === TAG.floatDataPacked) datum.floatPacked = true;
        reader.pos = floats.read(reader, fieldTag === TAG.floatDataPacked);
        break;
      case TAG.encoded:
        datum.encoded = reader.bool();
        hasEncoded = true;
        break;
      default:
        reader.skipType(fieldTag & 7, 0, fieldTag >>> 3);
    }
  }
  if (floats) datum.floatData = floats.values();
  if (!hasEncoded) datum.encodedAbsent = true;
  return datum;
}

/** Collects float_data. Its capacity comes from the bytes that are there, so a message can't claim more than it holds. */
class FloatList {
  private readonly view: DataView;
  private readonly floats: Float32Array;
  private count = 0;

  constructor(bytes: Uint8Array, start: number) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.floats = new Float32Array((bytes.length - start) >> 2);
  }

  /** Reads one field and, if not packed, the equal fields that follow at once. Returns the position behind them. */
  read(reader: protobuf.Reader, packed: boolean): number {
    if (packed) {
      const byteCount = reader.uint32();
      const end = reader.pos + byteCount;
      if (byteCount % 4 !== 0 || end > reader.len) throw new RangeError(`float_data of ${byteCount} bytes`);
      for (let pos = reader.pos; pos < end; pos += 4) this.floats[this.count++] = this.view.getFloat32(pos, true);
      return end;
    }
    let pos = reader.pos;
    for (;;) {
      if (pos + 4 > reader.len) throw new RangeError('float_data is cut short');
      this.floats[this.count++] = this.view.getFloat32(pos, true);
      pos += 4;
      if (pos >= reader.len || this.view.getUint8(pos) !== TAG.floatData) return pos;
      pos++;
    }
  }

  values(): Float32Array {
    return this.floats.slice(0, this.count);
  }
}

function checkDatum(datum: Datum, key?: string): void {
  const { channels, height, width, data, floatData, encoded } = datum;
  const count = channels * height * width;
  const isPositive = channels >= 0 && height >= 0 && width >= 0;
  const isSoundRaw = !encoded && !floatData && isPositive && data.length === count;
  if (isSoundRaw || (encoded && !floatData && isPositive && data.length > 0)) return;
  const fail = (expected: string, received: string, todo?: string): never => {
    throw new DatumError(
      `${at(key)}: expected ${expected}, received ${received}; ` +
        `${todo ?? 'the record is damaged or was written wrongly, so leave it out or write it again'}.`,
      { key },
    );
  };
  const shape = `${channels}x${height}x${width}`;
  if (!isPositive) fail('dimensions of 0 or more', shape);
  if (floatData && data.length > 0) {
    fail('data or float_data', `${data.length} data bytes and ${floatData.length} float_data values`);
  }
  if (encoded) {
    fail('an image file in data of an encoded Datum', floatData ? `${floatData.length} float_data values` : '0 bytes');
  }
  if (count > MOST_BYTES) fail('dimensions for at most 2 GiB of pixels', shape);
  if (floatData) {
    if (floatData.length !== count) fail(`${count} float_data values for ${shape}`, `${floatData.length}`);
    return;
  }
  const image = sniffImage(data);
  const hint = image && `the data looks like a ${image} file, so write it with encoded=true`;
  fail(`${count} data bytes for ${shape}`, `${data.length}`, hint);
}

/** A Datum may be sound and yet hold nothing to look at: labels only, say. */
export function hasPixels({ channels, height, width, encoded }: Datum): boolean {
  return encoded || channels * height * width > 0;
}

/** The error for such a Datum. */
export function withoutPixels({ channels, height, width }: Datum, key?: string): DatumError {
  return new DatumError(
    `${at(key)}: expected pixels, received a Datum of ${channels}x${height}x${width} without any; leave the record out.`,
    { key },
  );
}

/** Other arrays would be cut to bytes in silence: floats from 0 to 1 to zeros. */
function isBytes(data: unknown): boolean {
  return data instanceof Uint8Array || data instanceof Uint8ClampedArray;
}

/**
 * Encodes a Datum as Caffe's own code does: fields in order, float_data not packed, `encoded` always written
 * (some readers, DALI for one, take an absent field as encoded).
 *
 * @param key Names the record in errors.
 * @param allocate Gives the memory for the message. Default: its own.
 * @throws DatumError if dimensions, data and label don't fit together, or there are no pixels.
 */
export function encodeDatum(
  init: DatumInit,
  key?: string,
  allocate: (bytes: number) => Uint8Array = (bytes) => new Uint8Array(bytes),
): Uint8Array {
  const { channels = 0, height = 0, width = 0, data = NO_BYTES, label, floatData, encoded = false } = init ?? {};
  const datum: Datum = { channels, height, width, data, label, floatData, encoded };
  if (!(isInt32(channels) && isInt32(height) && isInt32(width) && isInt32(label ?? 0))) throw notInt32(datum, key);
  if (!isBytes(data)) {
    throw new DatumError(`${at(key)}: expected bytes as data, received ${describe(data)}; pass a Uint8Array.`, { key });
  }
  checkDatum(datum, key);
  if (!hasPixels(datum)) throw withoutPixels(datum, key);
  return writeFields(datum, allocate);
}

function isInt32(value: number): boolean {
  return value === (value | 0);
}

function notInt32(datum: Datum, key: string | undefined): DatumError {
  const name = (['channels', 'height', 'width', 'label'] as const).find((field) => !isInt32(datum[field] ?? 0));
  return new DatumError(
    `${at(key)}: expected an int32 ${name}, received ${describe(datum[name as 'label'])}; round or map it first.`,
    { key },
  );
}

/** Writes a checked Datum. Protobufjs' writer would take as long as copying the pixels. */
function writeFields(datum: Datum, allocate: (bytes: number) => Uint8Array): Uint8Array {
  const { data, label, floatData, encoded } = datum;
  const head = headOf(datum);
  const behind = label === undefined ? [] : [TAG.label, label];
  const floatBytes = 5 * (floatData?.length ?? 0);
  const behindAt = head.length + data.length;
  const encodedAt = behindAt + int32sBytes(behind) + floatBytes;
  const message = allocate(encodedAt + 2);
  message.set(head);
  message.set(data, head.length);
  writeInt32s(message, behindAt, behind);
  if (floatData) writeFloats(message, encodedAt - floatBytes, floatData);
  message[encodedAt] = TAG.encoded;
  message[encodedAt + 1] = Number(encoded);
  return message;
}

let lastHead = { channels: -1, height: -1, width: -1, length: -1, bytes: NO_BYTES };

/** What comes before the data. Most images have the size of the one before. */
function headOf({ channels, height, width, data: { length }, floatData, encoded }: Datum): Uint8Array {
  const last = lastHead;
  const isSame = last.channels === channels && last.height === height && last.width === width && last.length === length;
  if (isSame && !floatData && !encoded) return last.bytes;
  const fields: number[] = [];
  if (channels || !encoded) fields.push(TAG.channels, channels);
  if (height || !encoded) fields.push(TAG.height, height);
  if (width || !encoded) fields.push(TAG.width, width);
  if (!floatData) fields.push(TAG.data, length);
  const bytes = new Uint8Array(int32sBytes(fields));
  writeInt32s(bytes, 0, fields);
  if (!floatData && !encoded) lastHead = { channels, height, width, length, bytes };
  return bytes;
}

function writeFloats(out: Uint8Array, start: number, values: Float32Array): void {
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  let at = start;
  for (const value of values) {
    out[at] = TAG.floatData;
    view.setFloat32(at + 1, value, true);
    at += 5;
  }
}

/** How many bytes `writeInt32s` writes. */
function int32sBytes(fields: readonly number[]): number {
  let bytes = 0;
  for (let i = 0; i < fields.length; i += 2) {
    const value = fields[i + 1] as number;
    // 31 - clz32 is the place of the highest bit, of which a byte holds seven. One below 0 is written as an int64.
    bytes += 1 + (value < 0 ? 10 : 1 + Math.floor((31 - Math.clz32(value | 1)) / 7));
  }
  return bytes;
}

/** Writes fields as varints. `fields` are tags, each of which fits into a byte, and int32 values in turn. */
function writeInt32s(out: Uint8Array, start: number, fields: readonly number[]): void {
  let at = start;
  for (let i = 0; i < fields.length; i += 2) {
    out[at++] = fields[i] as number;
    let rest = fields[i + 1] as number;
    const isNegative = rest < 0;
    for (let upper = isNegative ? 9 : 0; upper > 0 || rest > 127; upper--, rest >>= 7) out[at++] = (rest & 127) | 128;
    out[at++] = isNegative ? 1 : rest;
  }
}

function at(key: string | undefined): string {
  return key === undefined ? 'Datum' : `key ${key}`;
}
