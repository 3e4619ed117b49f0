/**
 * Encodes a Datum as a message. Written by hand: protobufjs's writer took as long as copying the pixels, and every converting thread would
 * have to load it.
 */

import { DatumError, describe } from '../errors/errors';
import { at, checkDatum, type Datum, type DatumInit, hasPixels, noBytes, TAG, withoutPixels } from './datum';

/** Other arrays would silently be truncated to bytes: floats from 0 to 1 to zeros. */
function isBytes(data: unknown): boolean {
  return data instanceof Uint8Array || data instanceof Uint8ClampedArray;
}

/**
 * Encodes a Datum as Caffe's own code does: fields in order, float_data not packed, `encoded` always written (some readers, such as DALI,
 * read a missing field as encoded).
 *
 * @param key Names the record in errors.
 * @throws DatumError if dimensions, data and label do not match, or there are no pixels.
 */
export function encodeDatum(init: DatumInit, key?: string): Uint8Array {
  return encodeDatumInto((bytes) => new Uint8Array(bytes), init, key);
}

/** Encodes a Datum into memory of the caller. */
export function encodeDatumInto(
  allocate: (bytes: number) => Uint8Array,
  init: DatumInit,
  key: string | undefined,
): Uint8Array {
  const { channels = 0, height = 0, width = 0, data = noBytes, label, floatData, encoded = false } = init ?? {};
  const datum: Datum = { channels, height, width, data, label, floatData, encoded };
  if (!(isInt32(channels) && isInt32(height) && isInt32(width) && isInt32(label ?? 0))) throw notInt32(datum, key);
  if (!isBytes(data)) {
    throw new DatumError(
      { where: at(key), expected: 'bytes as data', received: describe(data), todo: 'pass a Uint8Array' },
      { key },
    );
  }
  if (typeof encoded !== 'boolean') {
    const todo = 'pass a boolean';
    throw new DatumError(
      { where: at(key), expected: 'true or false as encoded', received: describe(encoded), todo },
      { key },
    );
  }
  checkDatum(datum, key);
  if (!hasPixels(datum)) throw withoutPixels(datum, key);
  return join(headOf(datum), datum, allocate);
}

function isInt32(value: unknown): boolean {
  return typeof value === 'number' && value === (value | 0);
}

function notInt32(datum: Datum, key: string | undefined): DatumError {
  const name = (['channels', 'height', 'width', 'label'] as const).find((field) => !isInt32(datum[field] ?? 0));
  return new DatumError(
    {
      where: at(key),
      expected: `an int32 ${name}`,
      received: describe(datum[name as 'label']),
      todo: 'round or map it first',
    },
    { key },
  );
}

/** Encodes raw images of one size. What precedes their pixels is the same in all of them, and is computed once. */
export class RawEncoder {
  readonly #head: Uint8Array;
  /** Bytes of a message before its pixels. */
  readonly headBytes: number;

  constructor(
    readonly channels: number,
    readonly height: number,
    readonly width: number,
  ) {
    const length = channels * height * width;
    this.#head = toBytes([TAG.channels, channels, TAG.height, height, TAG.width, width, TAG.data, length]);
    this.headBytes = this.#head.length;
  }

  /**
   * @param data Planar `[C, H, W]`.
   * @param label An int32.
   */
  encode(data: Uint8Array, label: number, allocate: (bytes: number) => Uint8Array): Uint8Array {
    return join(this.#head, { data, label, encoded: false }, allocate);
  }
}

/** Returns what precedes the data, or the label. */
function headOf({ channels, height, width, data, floatData, encoded }: Datum): Uint8Array {
  const fields: number[] = [];
  if (channels || !encoded) fields.push(TAG.channels, channels);
  if (height || !encoded) fields.push(TAG.height, height);
  if (width || !encoded) fields.push(TAG.width, width);
  if (!floatData) fields.push(TAG.data, data.length);
  return toBytes(fields);
}

function toBytes(fields: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(int32sBytes(fields));
  writeInt32s(bytes, 0, fields);
  return bytes;
}

/** Makes a message from its head and what follows it. */
function join(
  head: Uint8Array,
  { data, label, floatData, encoded }: Pick<Datum, 'data' | 'label' | 'floatData' | 'encoded'>,
  allocate: (bytes: number) => Uint8Array,
): Uint8Array {
  const behind = label === undefined ? [] : [TAG.label, label];
  const behindAt = head.length + data.length;
  const floatsAt = behindAt + int32sBytes(behind);
  const encodedAt = floatsAt + 5 * (floatData?.length ?? 0);
  const message = allocate(encodedAt + 2);
  message.set(head);
  message.set(data, head.length);
  writeInt32s(message, behindAt, behind);
  if (floatData) writeFloats(message, floatsAt, floatData);
  message[encodedAt] = TAG.encoded;
  message[encodedAt + 1] = Number(encoded);
  return message;
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

/** Returns how many bytes `writeInt32s` writes. */
function int32sBytes(fields: readonly number[]): number {
  let bytes = 0;
  for (let i = 0; i < fields.length; i += 2) {
    const value = fields[i + 1];
    // 31 - clz32 is the position of the highest bit; each byte contains seven bits. Negative numbers are written as an int64.
    bytes += 1 + (value < 0 ? 10 : 1 + Math.floor((31 - Math.clz32(value | 1)) / 7));
  }
  return bytes;
}

/** Writes fields as varints. `fields` contains tags, each of which fits in a byte, alternating with int32 values. */
function writeInt32s(out: Uint8Array, start: number, fields: readonly number[]): void {
  let at = start;
  for (let i = 0; i < fields.length; i += 2) {
    out[at++] = fields[i];
    let rest = fields[i + 1];
    const isNegative = rest < 0;
    for (let upper = isNegative ? 9 : 0; upper > 0 || rest > 127; upper--, rest >>= 7) out[at++] = (rest & 127) | 128;
    out[at++] = isNegative ? 1 : rest;
  }
}
