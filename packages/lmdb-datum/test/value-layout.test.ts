/** The names for values of other programs' databases: bytes as these programs write them, at least the first ones. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeDatum, describeValue, encodeDatum, openDatumLmdb } from '../src/entries/index';
import { fixture, GOLDEN_NAMES } from './golden';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const field = (number: number, bytes: Uint8Array) => Buffer.concat([Buffer.of((number << 3) | 2, bytes.length), bytes]);
const jpeg = hex('ffd8ffe000104a46494600010100000100010000');
const datum = encodeDatum({ channels: 1, height: 1, width: 2, data: Uint8Array.of(7, 8), label: 3 });
const encoded = encodeDatum({ data: jpeg, encoded: true });

describe('values that are not Datums', () => {
  it.each<[string, Uint8Array, string | undefined]>([
    ['LSUN, BasicSR, StyleGAN2', jpeg, 'a JPEG file'],
    ['the same', hex('89504e470d0a1a0a'), 'a PNG file'],
    ['LSUN', Buffer.from('RIFF\x24\x00\x00\x00WEBPVP8 ', 'latin1'), 'a WebP file'],
    [
      'SSD',
      Buffer.concat([field(1, datum), hex('1000'), field(3, hex('0801'))]),
      'an AnnotatedDatum of SSD, with a Datum in it',
    ],
    ['SSD, encoded, without annotations', field(1, encoded), 'an AnnotatedDatum of SSD, with a Datum in it'],
    // TensorProtos: byte strings (data_type 4, string_data 6), then an int32 (data_type 2, int32_data 4).
    [
      'Caffe2',
      Buffer.concat([field(1, Buffer.concat([hex('1004'), field(6, jpeg)])), field(1, hex('0801 1002 2005'))]),
      "Caffe2's TensorProtos",
    ],
    [
      'Caffe2, raw',
      field(1, Buffer.concat([hex('0803 0802 0801 1003'), field(5, hex('010203040506'))])),
      "Caffe2's TensorProtos",
    ],
    ['OCR', Buffer.from('hello, wörld'), 'text'],
    ['OCR', Buffer.from('1200'), 'a number as text'],
    ['anything', Buffer.from('{"height": 3}'), 'text, perhaps JSON'],
    // pickle.dumps((b'ab', 3), 4)
    ['folder2lmdb', hex('80 04 95 0a 00 00 00 00 00 00 00 43 02 61 62 94 4b 03 86 94 2e'), 'a Python pickle'],
    // msgpack.packb([b'ab', 3]); msgpack.packb({b'a': 1.5})
    ['TensorPack', hex('92 c4 02 61 62 03'), 'MessagePack'],
    ['the same', hex('81 c4 01 61 cb 3ff8000000000000'), 'MessagePack'],
    [
      'TensorFlow',
      field(1, field(1, Buffer.concat([field(1, Buffer.from('image')), field(2, field(1, jpeg))]))),
      'a TensorFlow Example',
    ],
    // pyarrow.serialize: four counts, then a message of a stream: -1, its length, and its bytes.
    [
      'folder2lmdb',
      hex('00000000 00000000 00000000 01000000 ffffffff 08000000 1000000000000a00'),
      'output of pyarrow.serialize',
    ],
    ['numpy.save', hex('934e554d5059 0100'), 'a NumPy array (.npy)'],
    ['nothing', Buffer.alloc(0), 'empty'],
    ['noise', hex('9f 01 fe 00 13 88 77 c1 02'), undefined],
    ['noise that begins like a list', hex('dd ff ff ff ff 00'), undefined],
  ])('%s', (_, value, name) => {
    expect(describeValue(value)).toBe(name);
    if (name && name !== 'empty') expect(() => decodeDatum(value, 'k')).toThrow(`received ${name}`);
  });

  it('no Datum is mistaken for one of them', () => {
    for (const name of GOLDEN_NAMES) {
      using reader = openDatumLmdb(fixture(`${name}.mdb`));
      expect([...reader.entries()]).toHaveLength(reader.length);
    }
    // All fields, in different orders and with unknown ones, which readers must accept.
    for (const value of [
      datum,
      encoded,
      Buffer.concat([hex('3800'), datum]),
      Buffer.concat([datum, field(9, hex('00'))]),
    ]) {
      expect(() => decodeDatum(value)).not.toThrow();
    }
  });

  it('finishes, whatever the bytes are', () => {
    const bytes = Buffer.concat([
      fs.readFileSync(fixture('variants.mdb')),
      Buffer.alloc(70_000, 0x9f),
      Buffer.alloc(9, 0xdd),
    ]);
    for (let at = 0; at < bytes.length; at += 997) describeValue(bytes.subarray(at, at + 66_000));
  });
});
