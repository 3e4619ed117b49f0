import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DatumWriter, decodeDatum, encodeDatum, openDatumLmdb } from '../src/index';
import { fixture } from './golden';
import { scratchFolder } from './scratch';

const SENTENCE = /^\[lmdb-datum\] .+: expected .+, received .+; .+\.$/;

/** Writes files into a folder and opens it. */
function openFolder(files: Record<string, string | Buffer>): () => unknown {
  const folder = scratchFolder();
  for (const [name, content] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), content);
  return () => openDatumLmdb(folder);
}

const patched = (change: (bytes: Buffer) => void) => {
  const bytes = fs.readFileSync(fixture('overflow.mdb'));
  change(bytes);
  return bytes;
};

describe('opening', () => {
  const cases: [string, () => () => unknown, string, RegExp][] = [
    ['a missing path', () => () => openDatumLmdb('/no/such/db'), 'NOT_READABLE', /ENOENT.*check the path/],
    ['no path', () => () => openDatumLmdb(''), 'INVALID_OPTION', /pass a string/],
    ['an empty folder', () => openFolder({}), 'NOT_LMDB', /a folder without/],
    ['a LevelDB', () => openFolder({ CURRENT: 'MANIFEST-1' }), 'NOT_LMDB', /LevelDB.*--backend=lmdb/],
    ['an empty file', () => openFolder({ 'data.mdb': '' }), 'NOT_LMDB', /an empty file/],
    ['text', () => openFolder({ 'data.mdb': 'hello' }), 'NOT_LMDB', /bytes that begin with 68656c6c6f/],
    ['a lock file', () => openFolder({ 'data.mdb': Buffer.from('dec0efbe01000000', 'hex') }), 'NOT_LMDB', /lock file/],
    ['an image', () => () => openDatumLmdb(fixture('images/color.jpg')), 'NOT_LMDB', /a JPEG image/],
    ['a dump', () => openFolder({ 'data.mdb': 'VERSION=3\nformat=bytevalue\n' }), 'NOT_LMDB', /mdb_load/],
    [
      'LFS',
      () => openFolder({ 'data.mdb': 'version https://git-lfs.github.com/spec/v1\n' }),
      'NOT_LMDB',
      /git lfs pull/,
    ],
    [
      'big-endian',
      () => openFolder({ 'data.mdb': patched((b) => b.writeUInt32BE(0xbeefc0de, 16)) }),
      'UNSUPPORTED_FORMAT',
      /big-endian/,
    ],
    [
      '32-bit',
      () => openFolder({ 'data.mdb': patched((b) => b.copy(b, 12, 16, 200)) }),
      'UNSUPPORTED_FORMAT',
      /32-bit/,
    ],
    [
      'version 3',
      () => openFolder({ 'data.mdb': patched((b) => b.writeUInt32LE(3, 20)) }),
      'UNSUPPORTED_FORMAT',
      /data format 1 or 2, received 3/,
    ],
    [
      'page size 0',
      () => openFolder({ 'data.mdb': patched((b) => b.writeUInt32LE(0, 40)) }),
      'CORRUPT_DATABASE',
      /page size/,
    ],
    [
      'dupsort',
      () =>
        openFolder({
          'data.mdb': patched((b) =>
            [0, 1].forEach((m) => {
              b.writeUInt16LE(4, m * 4096 + 16 + 72 + 4);
            }),
          ),
        }),
      'UNSUPPORTED_FORMAT',
      /dupsort/,
    ],
    [
      'integer keys',
      () =>
        openFolder({
          'data.mdb': patched((b) =>
            [0, 1].forEach((m) => {
              b.writeUInt16LE(8, m * 4096 + 16 + 72 + 4);
            }),
          ),
        }),
      'UNSUPPORTED_FORMAT',
      /integerkey/,
    ],
    ['a directory as data.mdb', () => () => openDatumLmdb(path.dirname(fixture('images'))), 'NOT_LMDB', /without/],
  ];
  it.each(cases)('%s is one sentence', (_, prepare, code, text) => {
    const open = prepare();
    expect(open).toThrow(expect.objectContaining({ code }));
    expect(open).toThrow(SENTENCE);
    expect(open).toThrow(text);
  });

  it('works in a read-only folder and leaves no file behind', () => {
    const folder = scratchFolder();
    fs.copyFileSync(fixture('overflow.mdb'), path.join(folder, 'data.mdb'));
    fs.chmodSync(path.join(folder, 'data.mdb'), 0o444);
    fs.chmodSync(folder, 0o555);
    using reader = openDatumLmdb(folder);
    expect([...reader.keys()].length).toBe(reader.length);
    expect(fs.readdirSync(folder)).toEqual(['data.mdb']);
    fs.chmodSync(folder, 0o755);
  });
});

describe('a named database', () => {
  it('is opened by name; without it the error says how', async () => {
    const folder = scratchFolder();
    const { open } = await import('lmdb');
    const root = open({ path: folder, noSubdir: false, encoding: 'binary' });
    const train = root.openDB({ name: 'train', encoding: 'binary', keyEncoding: 'binary' });
    const value = encodeDatum({ channels: 1, height: 1, width: 1, data: Uint8Array.of(7), label: 3 });
    train.putSync(Buffer.from('a'), Buffer.from(value));
    await root.close();
    using named = openDatumLmdb(folder, { database: 'train' });
    expect([...named].map(({ key, datum }) => [key, datum.label])).toEqual([['a', 3]]);
    using main = openDatumLmdb(folder);
    expect(() => [...main]).toThrow(/a named database; open the database of that name/);
    expect(() => openDatumLmdb(folder, { database: 'val' })).toThrow(/expected a database named "val", received none/);
  });
});

describe('Datum messages', () => {
  const good = encodeDatum({ channels: 1, height: 2, width: 2, data: Uint8Array.of(1, 2, 3, 4), label: 5 });
  it.each<[string, Uint8Array, RegExp]>([
    ['random bytes', Buffer.from('ffffffffffffffffffffffffff', 'hex'), /don't parse/],
    ['a cut message', good.subarray(0, 9), /don't parse/],
    ['a varint without end', Buffer.alloc(300, 0x80), /don't parse/],
    ['a length beyond the end', Buffer.from('22ffffffff0f', 'hex'), /don't parse/],
    ['field number 0', Buffer.from('0001', 'hex'), /don't parse/],
    ['groups without end', Buffer.alloc(100_000, 0x4b), /don't parse/],
    ['missing pixels', Buffer.from('080110021802', 'hex'), /expected 4 data bytes for 1x2x2, received 0/],
    [
      'negative dimensions',
      Buffer.from('08ffffffffffffffffff0110011801', 'hex'),
      /expected dimensions of 0 or more, received -1x1x1/,
    ],
    [
      'both kinds of data',
      Buffer.from('08011001180122010735000000003800', 'hex'),
      /1 data bytes and 1 float_data values/,
    ],
    [
      'too few floats',
      Buffer.from('08011001180235000000003800', 'hex'),
      /expected 2 float_data values for 1x1x2, received 1/,
    ],
    ['floats of three bytes', Buffer.from('3203000000', 'hex'), /don't parse/],
    [
      'encoded without a file',
      Buffer.from('3801', 'hex'),
      /expected an image file in data of an encoded Datum, received 0 bytes/,
    ],
    [
      'an image that is not marked',
      Buffer.from('080110011801220489504e473800', 'hex'),
      /looks like a png file, so write it with encoded=true/,
    ],
  ])('with %s are refused, naming the key', (_, bytes, text) => {
    const decode = () => decodeDatum(bytes, '00000042_cat.png');
    expect(decode).toThrow(expect.objectContaining({ code: 'BAD_DATUM', key: '00000042_cat.png' }));
    expect(decode).toThrow(/^\[lmdb-datum\] key 00000042_cat\.png: expected /);
    expect(decode).toThrow(text);
  });

  it('can not be written with a wrong length, a fraction or both kinds of data', () => {
    const pixel = { channels: 1, height: 1, width: 1, data: Uint8Array.of(1) };
    for (const wrong of [
      { ...pixel, width: 2 },
      { ...pixel, label: 0.5 },
      { ...pixel, label: 2 ** 31 },
      { ...pixel, floatData: Float32Array.of(1) },
    ]) {
      expect(() => encodeDatum(wrong, 'k')).toThrow(expect.objectContaining({ code: 'BAD_DATUM' }));
    }
  });
});

describe('encoded rubbish', () => {
  it('is an error with the key, from at() and from batches()', async () => {
    const folder = path.join(scratchFolder(), 'db');
    const writer = await DatumWriter.open(folder);
    await writer.put('00000000_bad.jpg', { data: Buffer.from('ffd8ffe000104a46494600', 'hex'), encoded: true });
    await writer.close();
    using reader = openDatumLmdb(folder);
    const expected = { code: 'BAD_IMAGE', message: expect.stringContaining('00000000_bad.jpg') };
    await expect(reader.at(0)).rejects.toMatchObject(expected);
    await expect(reader.batches({ batchSize: 1 }).next()).rejects.toMatchObject(expected);
    expect(reader.datumAt(0)?.data.length).toBe(11);
  });
});

describe('a writer beside the reader', () => {
  const datum = { channels: 3, height: 40, width: 40, data: new Uint8Array(4800), label: 1 };

  it('does not disturb it by one commit, and is noticed after more', async () => {
    const folder = path.join(scratchFolder(), 'db');
    const writer = await DatumWriter.open(folder);
    for (let i = 0; i < 30; i++) await writer.put(`a${i}`, datum);
    await writer.commit();
    const reader = openDatumLmdb(folder);
    const before = [...reader.keys()];
    const stream = reader.batches({ batchSize: 2, prefetch: 0 });
    await writer.put('b', datum);
    await writer.commit();
    await stream.next();
    expect([...reader.entries()].map(({ key }) => key)).toEqual(before);
    await writer.put('c', datum);
    await writer.commit();
    const changed = expect.objectContaining({ code: 'DATABASE_CHANGED' });
    expect(() => reader.get('a1')).toThrow(changed);
    expect(() => reader.at(3)).toThrow(changed);
    await expect(stream.next()).rejects.toEqual(changed);
    expect(() => reader.get('a1')).toThrow(/open the database again and retry/);
    reader.close();
    using again = openDatumLmdb(folder);
    expect(again.length).toBe(32);
    await writer.close();
  });
});
