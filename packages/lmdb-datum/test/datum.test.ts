import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { DatumError, type DatumInit, decodeDatum, encodeDatum } from '../src/entries/index';

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const label = fc.option(int32, { nil: undefined });
const shape = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 7 }));

const raw = shape.chain(([channels, height, width]) => {
  const length = channels * height * width;
  return fc.record({
    channels: fc.constant(channels),
    height: fc.constant(height),
    width: fc.constant(width),
    data: fc.uint8Array({ minLength: length, maxLength: length }),
    label,
    encoded: fc.constant(false),
  });
});

const floats = shape.chain(([channels, height, width]) => {
  const length = channels * height * width;
  return fc.record({
    channels: fc.constant(channels),
    height: fc.constant(height),
    width: fc.constant(width),
    floatData: fc.float32Array({ minLength: length, maxLength: length }),
    label,
    encoded: fc.constant(false),
  });
});

const encoded = fc.record({
  data: fc.uint8Array({ minLength: 1, maxLength: 50 }),
  label,
  encoded: fc.constant(true),
});

/** The definition of Caffe's caffe.proto. */
const { root } = protobuf.parse(`
  syntax = "proto2";
  message Datum {
    optional int32 channels = 1;
    optional int32 height = 2;
    optional int32 width = 3;
    optional bytes data = 4;
    optional int32 label = 5;
    repeated float float_data = 6;
    optional bool encoded = 7 [default = false];
  }`);
const definition = root.lookupType('Datum');

/** Large enough that its length takes up to three bytes. */
const large = fc
  .tuple(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 200 }), label)
  .map(([height, width, label]) => ({
    channels: 1,
    height,
    width,
    data: new Uint8Array(height * width),
    label,
    encoded: false,
  }));

describe('a Datum', () => {
  it('is written as protobufjs writes it, following the definition', () => {
    fc.assert(
      fc.property(fc.oneof(raw, floats, encoded, large), (datum) => {
        const { floatData, ...fields }: DatumInit = datum;
        const expected = definition.encode(floatData ? { ...fields, floatData: [...floatData] } : fields).finish();
        expect(Buffer.from(encodeDatum(datum)).equals(expected)).toBe(true);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('is read as it was written, whatever the kind', () => {
    fc.assert(
      fc.property(fc.oneof(raw, floats, encoded), (datum) => {
        const decoded = decodeDatum(encodeDatum(datum));
        expect(decoded).toEqual({ channels: 0, height: 0, width: 0, ...datum, data: decoded.data });
        expect([...decoded.data]).toEqual('data' in datum ? [...datum.data] : []);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('shares its data with the message: nothing is copied', () => {
    const bytes = encodeDatum({ channels: 1, height: 2, width: 2, data: Uint8Array.of(1, 2, 3, 4) });
    const { data } = decodeDatum(bytes);
    expect(data.buffer).toBe(bytes.buffer);
    expect(data.byteOffset).toBe(bytes.byteOffset + 8);
  });

  it('can contain unknown fields of every wire type anywhere, which are skipped', () => {
    const message = Buffer.from(encodeDatum({ channels: 1, height: 1, width: 1, data: Uint8Array.of(9), label: 4 }));
    // Fields 8 (varint), 9 (fixed64), 10 (bytes), 11 (group with a field), 12 (fixed32).
    const unknown = Buffer.from(
      ['4096ff01', '490102030405060708', '5203010203', '5b08015c', '6501020304'].join(''),
      'hex',
    );
    for (const bytes of [Buffer.concat([message, unknown]), Buffer.concat([unknown, message])]) {
      expect(decodeDatum(bytes)).toMatchObject({ channels: 1, label: 4, encoded: false });
    }
  });

  it('of any bytes at all is a Datum or a DatumError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decodeDatum(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(DatumError);
        }
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});
