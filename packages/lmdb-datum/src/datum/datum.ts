/**
 * Caffe's `Datum` message (proto2).
 *
 *     message Datum {
 *       optional int32 channels = 1;  optional int32 height = 2;  optional int32 width = 3;
 *       optional bytes data = 4;           // planar C,H,W uint8 (BGR), or an image file if `encoded`
 *       optional int32 label = 5;
 *       repeated float float_data = 6;     // planar C,H,W, instead of `data`
 *       optional bool encoded = 7 [default = false];
 *     }
 */
import { kindOfImage, nameOfKind } from '@ae/images/kind';
import { DatumError } from '../errors/errors';

/** A record as it is stored. Dimensions are 0 if the message has none (as usual for encoded images). */
export interface Datum {
  channels: number;
  height: number;
  width: number;
  /** Raw: planar `[C, H, W]` uint8, channels blue-green-red. Encoded: the bytes of an image file. Empty if `floatData` is set. */
  data: Uint8Array;
  /** int32; absent if the message has none. */
  label?: number;
  /** Planar `[C, H, W]` float32, used instead of `data` (pycaffe writes arrays other than uint8 like this). */
  floatData?: Float32Array;
  /** True if `data` is an image file. A missing field reads as false, as in Caffe. */
  encoded: boolean;
  /** Set if the message has no `encoded` field. Not written. */
  encodedAbsent?: true;
  /** Set if `floatData` is packed in the message. Not written: Caffe does not pack. */
  floatPacked?: true;
  /** Text shown in the image, if the database says: the label in an OCR benchmark. Not written: a Datum has no field for it. */
  text?: string;
  /** Boxes around objects: the annotations in SSD's AnnotatedDatum. Not written. */
  boxes?: readonly BoundingBox[];
}

/** The position of one object in an image. */
export interface BoundingBox {
  /** Number of its class. */
  label: number;
  /** Number of the object within its class. */
  instance: number;
  /** Sides as fractions of the image's width and height, from 0 to 1. */
  xmin: number;
  ymin: number;
  xmax: number;
  ymax: number;
  difficult: boolean;
}

/** Input of `encodeDatum`: dimensions may be omitted if `encoded`. */
export type DatumInit = Partial<Datum>;

/** Pixels ready for use: what `reader.at()` returns and a training loop accepts. */
export interface Sample {
  /** Usually 1 (gray), 3 (blue-green-red) or 4 (blue-green-red-alpha). */
  channels: number;
  height: number;
  width: number;
  /** Planar `[C, H, W]`: uint8, or float32 if the record has float_data. */
  data: Uint8Array | Float32Array;
  label?: number;
  key?: string;
  /** See `Datum`. */
  text?: string;
  boxes?: readonly BoundingBox[];
}

const wireVarint = 0;
const wireBytes = 2;
const wireFloat = 5;
const tag = (field: number, wire: number) => (field << 3) | wire;
/** The tag before each field's value in a message: its number and wire type. */
export const TAG = {
  channels: tag(1, wireVarint),
  height: tag(2, wireVarint),
  width: tag(3, wireVarint),
  data: tag(4, wireBytes),
  label: tag(5, wireVarint),
  floatData: tag(6, wireFloat),
  floatDataPacked: tag(6, wireBytes),
  encoded: tag(7, wireVarint),
} as const;

export const noBytes = new Uint8Array(0);

/** Returns the Datum for an image file alone. */
export function imageFileDatum(data: Uint8Array): Datum {
  return { channels: 0, height: 0, width: 0, data, encoded: true };
}
/** Maximum size of a protobuf message, and so of a Datum. */
const mostBytes = 2 ** 31 - 1;

/** @throws DatumError if the parts contradict each other. */
export function checkDatum(datum: Datum, key?: string): void {
  const { channels, height, width, data, floatData, encoded } = datum;
  const count = channels * height * width;
  const isPositive = channels >= 0 && height >= 0 && width >= 0;
  const isSoundRaw = !encoded && !floatData && isPositive && data.length === count;
  if (isSoundRaw || (encoded && !floatData && isPositive && data.length > 0)) return;
  const fail = (
    expected: string,
    received: string,
    todo = 'the record is damaged or was written incorrectly; remove it or write it again',
  ): never => {
    throw new DatumError(
      {
        where: at(key),
        expected,
        received,
        todo,
      },
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
  if (count > mostBytes) fail('dimensions for at most 2 GiB of pixels', shape);
  if (floatData) {
    if (floatData.length !== count) fail(`${count} float_data values for ${shape}`, `${floatData.length}`);
    return;
  }
  const kind = kindOfImage(data);
  const hint = kind && `the data looks like ${nameOfKind(kind)}, so write it with encoded=true`;
  fail(`${count} data bytes for ${shape}`, `${data.length}`, hint);
}

/** A Datum may be intact and yet contain no pixels: labels only, for example. */
export function hasPixels({ channels, height, width, encoded }: Datum): boolean {
  return encoded || channels * height * width > 0;
}

/** Makes the error for such a Datum. */
export function withoutPixels({ channels, height, width }: Datum, key?: string): DatumError {
  return new DatumError(
    {
      where: at(key),
      expected: 'pixels',
      received: `a Datum of ${channels}x${height}x${width} without any`,
      todo: 'remove the record',
    },
    { key },
  );
}

/** Names a record in errors. */
export function at(key: string | undefined): string {
  return key === undefined ? 'Datum' : `key ${key}`;
}
