/** Values as other programs also write them: several images in one, labels elsewhere, without the usual parts around them. */
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { convertDatabase, DatumWriter, describeValue, encodeDatum, openDatumLmdb, verify } from '../src/entries/index';
import { openDatumSource } from '../src/entries/source';
import { fixture } from './golden';
import { scratchFolder } from './scratch';

/**
 * By cv2.imencode, protobuf, pickle and msgpack in Python; `p = np.arange(12, dtype='u1').reshape(2, 2, 3)`, `png` is its file. `tensors`
 * are serialized TensorProtos; `L` are int32 labels, `S` a string.
 */
const values = {
  png: 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVQIHWNkYmRgZmZm5GBnY2ZmBgABFwAtgu0NtwAAAABJRU5ErkJggg==',
  // tensors(S(png))
  caffe2Alone:
    'ClUIARAEMk+JUE5HDQoaCgAAAA1JSERSAAAAAgAAAAIIAgAAAP3UmnMAAAAWSURBVAgdY2RiZGBmZmbkYGdjZmYGAAEXAC2C7Q23AAAAAElFTkSuQmCC',
  // tensors(L(7), S(png))
  caffe2LabelFirst:
    'CgcIARACIgEHClUIARAEMk+JUE5HDQoaCgAAAA1JSERSAAAAAgAAAAIIAgAAAP3UmnMAAAAWSURBVAgdY2RiZGBmZmbkYGdjZmYGAAEXAC2C7Q23AAAAAElFTkSuQmCC',
  // tensors(S(png), L(0, 1))
  caffe2TwoLabels:
    'ClUIARAEMk+JUE5HDQoaCgAAAA1JSERSAAAAAgAAAAIIAgAAAP3UmnMAAAAWSURBVAgdY2RiZGBmZmbkYGdjZmYGAAEXAC2C7Q23AAAAAElFTkSuQmCCCggIAhACIgIAAQ==',
  // tensors(L(7), L(8, 9))
  caffe2NoImage: 'CgcIARACIgEHCggIAhACIgIICQ==',
  // {'boxes': np.zeros((5, 4), np.float32), 'mask': np.ones((2, 2), np.uint8), 'image': png, 'label': 3}
  pickleBoxes:
    'gASVmgEAAAAAAAB9lCiMBWJveGVzlIwWbnVtcHkuX2NvcmUubXVsdGlhcnJheZSMDF9yZWNvbnN0cnVjdJSTlIwFbnVtcHmUjAduZGFycmF5lJOUSwCFlEMBYpSHlFKUKEsBSwVLBIaUaAWMBWR0eXBllJOUjAJmNJSJiIeUUpQoSwOMATyUTk5OSv////9K/////0sAdJRiiUNQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACUdJRijARtYXNrlGgEaAdLAIWUaAmHlFKUKEsBSwJLAoaUaA6MAnUxlImIh5RSlChLA4wBfJROTk5K/////0r/////SwB0lGKJQwQBAQEBlHSUYowFaW1hZ2WUQ0+JUE5HDQoaCgAAAA1JSERSAAAAAgAAAAIIAgAAAP3UmnMAAAAWSURBVAgdY2RiZGBmZmbkYGdjZmYGAAEXAC2C7Q23AAAAAElFTkSuQmCClIwFbGFiZWyUSwN1Lg==',
  // (np.ones((2, 2), np.uint8), p, 3)
  pickleMask:
    'gASVwQAAAAAAAACMFm51bXB5Ll9jb3JlLm11bHRpYXJyYXmUjAxfcmVjb25zdHJ1Y3SUk5SMBW51bXB5lIwHbmRhcnJheZSTlEsAhZRDAWKUh5RSlChLAUsCSwKGlGgDjAVkdHlwZZSTlIwCdTGUiYiHlFKUKEsDjAF8lE5OTkr/////Sv////9LAHSUYolDBAEBAQGUdJRiaAJoBUsAhZRoB4eUUpQoSwFLAksCSwOHlGgPiUMMAAECAwQFBgcICQoLlHSUYksDh5Qu',
  // {'data': p.tobytes(), 'shape': p.shape, 'label': 3}
  pickleShape: 'gASVNQAAAAAAAAB9lCiMBGRhdGGUQwwAAQIDBAUGBwgJCguUjAVzaGFwZZRLAksCSwOHlIwFbGFiZWyUSwN1Lg==',
  // (1, an object whose __reduce__ is os.system, 'true'), protocol 0
  pickleRuns: 'KEkxCmNwb3NpeApzeXN0ZW0KcDAKKFZ0cnVlCnAxCnRwMgpScDMKdHA0Ci4=',
  // msgpack.packb(png)
  msgpackBytes:
    'xE+JUE5HDQoaCgAAAA1JSERSAAAAAgAAAAIIAgAAAP3UmnMAAAAWSURBVAgdY2RiZGBmZmbkYGdjZmYGAAEXAC2C7Q23AAAAAElFTkSuQmCC',
};
const bytesOf = (name: keyof typeof values) => Buffer.from(values[name], 'base64');
const png = bytesOf('png');
/** `p` as planes, blue first. */
const planes = Uint8Array.of(0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11);

async function databaseOf(records: Record<string, Uint8Array>): Promise<string> {
  const folder = path.join(scratchFolder(), 'db');
  const writer = await DatumWriter.open(folder);
  for (const [key, value] of Object.entries(records)) await writer.putBytes(key, value);
  await writer.close();
  return folder;
}

it.each<[keyof typeof values, string, object]>([
  ['caffe2Alone', 'caffe2:bgr', { data: png, encoded: true }],
  ['caffe2LabelFirst', 'caffe2:bgr', { data: png, encoded: true, label: 7 }],
  ['caffe2TwoLabels', 'caffe2:bgr', { data: png, encoded: true }],
  ['pickleBoxes', 'pickle:bgr', { data: png, encoded: true, label: 3 }],
  ['pickleMask', 'pickle:bgr', { data: planes, encoded: false, label: 3 }],
  ['pickleShape', 'pickle:bgr', { data: planes, encoded: false, label: 3 }],
  ['msgpackBytes', 'msgpack:bgr', { data: png, encoded: true }],
])(
  '%s is recognized as %s, and its image is found',
  async (name, schema, { data, ...facts }: { data?: Uint8Array }) => {
    using reader = openDatumLmdb(await databaseOf({ a: bytesOf(name), b: bytesOf(name) }));
    expect(reader.schema.name).toBe(schema);
    const datum = reader.get('a')!;
    expect({ label: datum.label, encoded: datum.encoded }).toEqual({ label: undefined, ...facts });
    expect(Buffer.compare(datum.data, data!)).toBe(0);
  },
);

it('tensors without an image are an error with their sizes', async () => {
  using reader = openDatumLmdb(await databaseOf({ a: bytesOf('caffe2NoImage') }));
  expect(() => reader.get('a')).toThrow(
    'key a: expected a tensor with an image, received tensors of 1 and 2; remove the record.',
  );
});

it('an old pickle that would run something is recognized and named', async () => {
  using reader = openDatumLmdb(await databaseOf({ a: bytesOf('pickleRuns') }));
  expect(() => reader.get('a')).toThrow(
    'key a: expected a pickle of data, received a pickle that would run posix.system;',
  );
});

it.each([
  ['a JPEG 2000 file', Buffer.from('0000000c6a5020200d0a870a00000014', 'hex')],
  ['a JPEG XL file', Buffer.from('0000000c4a584c200d0a870a00000014', 'hex')],
  ['a PPM image', Buffer.from('P6\n2 2\n255\n\0\0\0\0')],
  ['an Arrow stream', Buffer.from('ffffffff780100001000000000000a00', 'hex')],
])('%s is named', (name, bytes) => {
  expect(describeValue(bytes)).toBe(name);
});

it.each([
  ['a Berkeley DB', 12, '62310500'],
  ['an MDBX database', 20, '03114cefbd9d6559'],
  ['an HTML page', 0, Buffer.from('<!DOCTYPE html><html>').toString('hex')],
])('a file that is %s is refused as such', (name, offset, hex) => {
  const file = path.join(scratchFolder(), 'data.mdb');
  const bytes = Buffer.alloc(8192);
  bytes.write(hex, offset, 'hex');
  fs.writeFileSync(file, bytes);
  expect(() => openDatumLmdb(file)).toThrow(`${file}: expected an LMDB data file, received ${name};`);
});

it('meta_info.txt may begin with a byte order mark, and the keys may have extensions', async () => {
  const folder = await databaseOf({ '0.png': png, '1.png': png });
  fs.writeFileSync(path.join(folder, 'meta_info.txt'), '\uFEFF0.png (2,2,3) 1\n1.png (2,2,3) 1\n');
  expect(await verify(folder)).toMatchObject({ ok: true, readable: 2, databases: [{ metaInfo: { images: 2 } }] });
});

it('a source knows the number of images once they are counted, whatever the database says', async () => {
  const bytes = fs.readFileSync(fixture('schemas/ocr.lmdb'));
  bytes[bytes.indexOf('num-samples') + 'num-samples'.length] = '9'.charCodeAt(0);
  const reader = await openDatumSource(bytes);
  expect(reader.length).toBe(9);
  expect(await reader.at(2)).toMatchObject({ text: '12.50 €' });
  expect(reader.length).toBe(3);
});

it.each([
  ['without pixels', Buffer.from('2803', 'hex'), 'expected pixels, received a Datum of 0x0x0'],
  ['of channels alone', Buffer.from('0803', 'hex'), 'expected pixels, received a Datum of 3x0x0'],
  [
    'with an unknown file',
    encodeDatum({ data: Buffer.from('\0\x01garbage'), encoded: true }),
    'expected an image file, received 9 bytes of an unknown kind',
  ],
])('a Datum %s is not converted to what cannot be read again', async (_, message, problem) => {
  const database = await databaseOf({ a: encodeDatum({ data: png, encoded: true }), b: message });
  for (const name of ['out.tar', 'out.parquet', 'out', 'out.lmdb']) {
    const output = path.join(path.dirname(database), name);
    await expect(convertDatabase({ input: database, output })).rejects.toThrow(`key b: ${problem}`);
    expect(fs.existsSync(output)).toBe(false);
    const { records, skipped } = await convertDatabase({ input: database, output, lenient: true });
    expect([records, skipped.map((each) => each.name)]).toEqual([1, ['b']]);
  }
});

it.each([true, false])(
  'a database of which nothing can be read is not converted (its tree is damaged: %s)',
  async (isTree) => {
    const database = await databaseOf({ a: Buffer.from('2803', 'hex') });
    const output = path.join(path.dirname(database), 'out.tar');
    const file = path.join(database, 'data.mdb');
    const bytes = fs.readFileSync(file);
    if (isTree) fs.writeFileSync(file, bytes.fill(0, 2 * 4096, 3 * 4096));
    await expect(convertDatabase({ input: database, output, lenient: true })).rejects.toThrow(
      isTree
        ? `${database}: none of the records can be read: `
        : 'none of the images can be read: key a: expected pixels,',
    );
    expect(fs.existsSync(output)).toBe(false);
  },
);

it('a database without images is not converted', async () => {
  const output = path.join(scratchFolder(), 'out.tar');
  await expect(convertDatabase({ input: fixture('empty.mdb'), output })).rejects.toThrow(
    'empty.mdb contains no images; there is nothing to convert.',
  );
  expect(fs.existsSync(output)).toBe(false);
});
