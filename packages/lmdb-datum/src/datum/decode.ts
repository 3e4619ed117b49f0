/** Decodes a Datum message with protobufjs's wire reader: seven fields do not need generated code. */
import protobuf from 'protobufjs/minimal.js';
import { refuse } from '../errors/checks';
import { DatumError, reasonOf } from '../errors/errors';
import { at, checkDatum, type Datum, noBytes, TAG } from './datum';
import { describeMessage, describeValue } from './value-layout';

/**
 * Decodes a Datum message. `data` is a view of `bytes`, not a copy.
 *
 * @param bytes The message. Unknown fields (such as NVIDIA Caffe's record_id) are skipped; float_data may be packed or not.
 * @param key Names the record in errors.
 * @throws DatumError if the bytes are not a Datum, or its parts contradict each other: the length of the data differs from `channels *
 * height * width`, or there are both `data` and `float_data`.
 */
export function decodeDatum(bytes: Uint8Array, key?: string): Datum {
  if (!(bytes instanceof Uint8Array)) refuse('decodeDatum', 'the bytes of a Datum', bytes, 'pass bytes');
  let datum: Datum;
  try {
    datum = readFields(bytes);
  } catch (cause) {
    const layout = describeValue(bytes);
    if (layout !== undefined) {
      throw noDatum(layout, key, cause, ` (${bytes.length} bytes that don't parse as a Datum)`);
    }
    throw new DatumError(
      {
        where: at(key),
        expected: 'a Datum message',
        received: `${bytes.length} bytes that don't parse (${reasonOf(cause)})`,
        todo: 'the record is damaged or was not written as a Caffe Datum',
      },
      { key, cause },
    );
  }
  // Messages of other types read as an empty Datum.
  const isEmpty = !datum.encoded && !datum.floatData && datum.data.length === 0 && datum.channels === 0;
  const layout = isEmpty && bytes.length > 0 ? describeMessage(bytes) : undefined;
  if (layout !== undefined) throw noDatum(layout, key);
  checkDatum(datum, key);
  return datum;
}

function noDatum(layout: string, key: string | undefined, cause?: unknown, why = ''): DatumError {
  return new DatumError(
    {
      where: at(key),
      expected: 'a Datum message',
      received: `${layout}${why}`,
      todo: 'remove the record, or name the schema of the database',
      option: 'schema',
    },
    { key, cause, layout },
  );
}

function readFields(bytes: Uint8Array): Datum {
  const reader = protobuf.Reader.create(bytes);
  const datum: Datum = { channels: 0, height: 0, width: 0, data: noBytes, label: undefined, encoded: false };
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

/** Collects float_data. Its capacity comes from the actual bytes, so a message cannot claim more than it contains. */
class FloatList {
  readonly #view: DataView;
  readonly #floats: Float32Array;
  #count = 0;

  constructor(bytes: Uint8Array, start: number) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#floats = new Float32Array((bytes.length - start) >> 2);
  }

  /** Reads one field and, if it is not packed, the same fields that follow immediately. Returns the position after them. */
  read(reader: protobuf.Reader, packed: boolean): number {
    if (packed) {
      const byteCount = reader.uint32();
      const end = reader.pos + byteCount;
      if (byteCount % 4 !== 0 || end > reader.len) throw new RangeError(`float_data of ${byteCount} bytes`);
      for (let pos = reader.pos; pos < end; pos += 4) this.#floats[this.#count++] = this.#view.getFloat32(pos, true);
      return end;
    }
    let pos = reader.pos;
    for (;;) {
      if (pos + 4 > reader.len) throw new RangeError('float_data is truncated');
      this.#floats[this.#count++] = this.#view.getFloat32(pos, true);
      pos += 4;
      if (pos >= reader.len || this.#view.getUint8(pos) !== TAG.floatData) return pos;
      pos++;
    }
  }

  values(): Float32Array {
    return this.#floats.slice(0, this.#count);
  }
}
