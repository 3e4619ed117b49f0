import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type BatchOptions,
  caffeKey,
  channelMeans,
  computeMean,
  convertImageset,
  DatumReader,
  DatumWriter,
  decodeDatum,
  decodeMean,
  describeValue,
  encodeDatum,
  encodeMean,
  encodeSample,
  openDatumLmdb,
  resizeDatabase,
  type Sample,
  verify,
  writeMean,
} from '../src/entries/index';
import { fixture } from './golden';
import { scratchFolder, writeDatabase } from './scratch';

/** For a wrong value, or for a state. */
const SENTENCE = /^\[lmdb-datum\] .+(: expected .+, received .+| cannot be read \(.+\)| contains .+| is .+); .+\.$/;

/** Writes files into a folder and opens it. */
function openFolder(files: Record<string, string | Buffer>): () => unknown {
  const folder = scratchFolder();
  for (const [name, content] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), content);
  return () => openDatumLmdb(folder);
}

/** Truncates a database, and reads all of it. */
function openCut(bytes: number): () => unknown {
  const open = openFolder({ 'data.mdb': fs.readFileSync(fixture('overflow.mdb')).subarray(0, bytes) });
  return () => [...(open() as DatumReader).entries()];
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
    ['an empty folder', () => openFolder({}), 'NOT_LMDB', /contains no data\.mdb/],
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
    [
      'a pipe, without waiting for a writer',
      () => {
        const pipe = path.join(scratchFolder(), 'pipe');
        execFileSync('mkfifo', [pipe]);
        return () => openDatumLmdb(pipe);
      },
      'NOT_LMDB',
      /received a pipe/,
    ],
    [
      'a file cut inside a page, whose size it tells',
      () => openCut(5000),
      'CORRUPT_DATABASE',
      /page \d+: expected at least \d+ bytes in the file, received 5000; the file is truncated; copy it again/,
    ],
    [
      'a directory as data.mdb',
      () => () => openDatumLmdb(path.dirname(fixture('images'))),
      'NOT_LMDB',
      /contains no data/,
    ],
  ];
  it.each(cases)('%s is one sentence', (_, prepare, code, text) => {
    const open = prepare();
    expect(open).toThrow(expect.objectContaining({ code }));
    expect(open).toThrow(SENTENCE);
    expect(open).toThrow(text);
  });

  it('works in a read-only folder and leaves no files behind', () => {
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
  it('is opened by name; without the name, the error says how', async () => {
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
    expect(() => openDatumLmdb(folder, { database: 'val' })).toThrow(/contains no database named "val", only "train"/);
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
      'more pixels than a message holds',
      Buffer.from('08ffffffff0710ffffffff0718ffffffff0722020102', 'hex'),
      /expected dimensions for at most 2 GiB of pixels, received 2147483647x2147483647x2147483647;/,
    ],
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
      /looks like a PNG file, so write it with encoded=true/,
    ],
  ])('with %s are refused, naming the key', (_, bytes, text) => {
    const decode = () => decodeDatum(bytes, '00000042_cat.png');
    expect(decode).toThrow(expect.objectContaining({ code: 'BAD_DATUM', key: '00000042_cat.png' }));
    expect(decode).toThrow(/^\[lmdb-datum\] key 00000042_cat\.png: expected /);
    expect(decode).toThrow(text);
  });

  it('cannot be written with a wrong length, a fraction or both kinds of data', () => {
    const pixel = { channels: 1, height: 1, width: 1, data: Uint8Array.of(1) };
    for (const wrong of [
      { ...pixel, width: 2 },
      { ...pixel, label: 0.5 },
      { ...pixel, label: 2 ** 31 },
      { ...pixel, floatData: Float32Array.of(1) },
      { ...pixel, data: Float32Array.of(0.5) as unknown as Uint8Array },
      { ...pixel, data: undefined },
    ]) {
      expect(() => encodeDatum(wrong, 'k')).toThrow(expect.objectContaining({ code: 'BAD_DATUM' }));
    }
  });
});

describe('a record without pixels', () => {
  it('is not written, and counts as damage for everything that needs pixels', async () => {
    const folder = path.join(scratchFolder(), 'db');
    const writer = await DatumWriter.open(folder);
    const text =
      /^(\[lmdb-datum\] )?key b: expected pixels, received a Datum of 0x0x0 without any; remove the record\.$/;
    for (const none of [undefined, {}, { label: 3 }, { chanels: 3 } as object]) {
      await expect(writer.put('b', none as object)).rejects.toThrow(text);
    }
    await writer.put('a', { channels: 1, height: 1, width: 1, data: Uint8Array.of(7) });
    // Channels, height and width 0, label 1.
    await writer.putBytes('b', Buffer.from('0800100018002801', 'hex'));
    await writer.close();
    const report = await verify(folder);
    expect(report).toMatchObject({ ok: false, records: 2, readable: 1, damage: [{ key: 'b' }] });
    expect(report.damage[0]!.message).toMatch(text);
    using reader = openDatumLmdb(folder);
    expect(() => reader.at(1)).toThrow(text);
    await expect(reader.batches({ batchSize: 2 }).next()).rejects.toThrow(text);
    expect(reader.get('b')?.label).toBe(1);
  });
});

describe('what a caller passes', () => {
  const pixels = { channels: 3, height: 2, width: 2, data: new Uint8Array(12), label: 1 };
  const invalid = expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(SENTENCE) });

  it.each<[string, unknown, RegExp]>([
    ['no options', undefined, /batches: expected an object of options, received undefined/],
    ['a misspelt name', { batchSize: 1, shufle: 1 }, /batches: .*shuffle.*received "shufle"; check the spelling/],
    ['one in resize', { batchSize: 1, resize: { height: 1, width: 1, fitt: 'crop' } }, /resize: .*received "fitt"/],
    ['one in crop', { batchSize: 1, crop: { height: 1, width: 1, rand: true } }, /crop: .*received "rand"/],
    ['a mean of NaN', { batchSize: 1, mean: Number.NaN }, /mean: expected a finite number.*received NaN/],
    ['a mean of text', { batchSize: 1, mean: 'abc' }, /mean: expected a finite number.*received "abc"/],
    ['means with NaN', { batchSize: 1, mean: [1, Number.NaN, 2] }, /mean: .*received \[1,NaN,2\]/],
    [
      'a mean without a size',
      { batchSize: 1, mean: { data: new Float32Array(12) } },
      /mean: .*received an object of data/,
    ],
    ['text for a flag', { batchSize: 1, mirror: 'yes' }, /mirror: expected true or false, received "yes"/],
    [
      'part of a position',
      { batchSize: 1, position: { epoch: 0, record: 0 } },
      /position: expected one in key order, of \d+ records, received one/,
    ],
    ['a signal that is none', { batchSize: 1, signal: 5 }, /signal: expected an AbortSignal, received 5/],
  ])('batches() refuses %s', async (_, options, text) => {
    using reader = openDatumLmdb(await writeDatabase([pixels]));
    const open = () => reader.batches(options as BatchOptions);
    expect(open).toThrow(invalid);
    expect(open).toThrow(text);
  });

  it('must fit in memory', async () => {
    using reader = openDatumLmdb(await writeDatabase([pixels]));
    const stream = reader.batches({ batchSize: 2 ** 50, padLast: true });
    await expect(stream.next()).rejects.toEqual(invalid);
  });

  it('channels are combined only from records of a known kind: two may be a pair of images', async () => {
    const pair = { channels: 2, height: 1, width: 1, data: Uint8Array.of(1, 2) };
    using reader = openDatumLmdb(await writeDatabase([pair]));
    for (const channels of [1, 3] as const) {
      const error = await reader
        .batches({ batchSize: 1, channels })
        .next()
        .catch((caught) => caught);
      expect(error).toMatchObject({ code: 'BAD_DATUM', key: '00000000_x', message: expect.stringMatching(SENTENCE) });
      expect(error.message).toMatch(/expected 1, 3 or 4 channels to make [13] of, received 2;/);
    }
    const { value } = await reader.batches({ batchSize: 1 }).next();
    expect([...value!.data]).toEqual([1, 2]);
  });

  it.each<[string, unknown, RegExp]>([
    ['a misspelt name', { indexfile: true }, /openDatumLmdb: .*indexFile, received "indexfile"/],
    ['a number as index file', { indexFile: 5 }, /indexFile: expected true or a path, received 5/],
    ['text for a flag', { lenient: 'no' }, /lenient: expected true or false, received "no"/],
    ['a number as name', { database: 5 }, /database: expected a name, received 5/],
    ['null', null, /expected an object of options, received null/],
  ])('openDatumLmdb refuses %s', (_, options, text) => {
    const open = () => openDatumLmdb(fixture('overflow.mdb'), options as object);
    expect(open).toThrow(invalid);
    expect(open).toThrow(text);
  });

  it('misspelled is refused by every other function that takes options', async () => {
    const output = path.join(scratchFolder(), 'db');
    const misspelt = { wrokers: 1 } as object;
    await expect(convertImageset({ input: fixture('images'), output, ...misspelt })).rejects.toEqual(invalid);
    await expect(verify(fixture('overflow.mdb'), misspelt)).rejects.toEqual(invalid);
    const resize = { input: fixture('overflow.mdb'), output, height: 2, width: 2, ...misspelt };
    await expect(resizeDatabase(resize)).rejects.toEqual(invalid);
    await expect(DatumWriter.open(output, misspelt)).rejects.toEqual(invalid);
    expect(fs.existsSync(output)).toBe(false);
  });

  it('as a key, a value or a sample is checked', async () => {
    const writer = await DatumWriter.open(path.join(scratchFolder(), 'db'));
    for (const key of [5, null, undefined, {}] as unknown as string[]) {
      await expect(writer.put(key, pixels)).rejects.toEqual(invalid);
      await expect(writer.putBytes(key, encodeDatum(pixels))).rejects.toEqual(invalid);
    }
    await expect(writer.putBytes('a', 'text' as unknown as Uint8Array)).rejects.toEqual(invalid);
    expect(() => writer.stage('a', 'text' as unknown as Uint8Array)).toThrow(invalid);
    await writer.close();
    for (const index of [-1, 1.5, Number.NaN, '1' as unknown as number]) {
      expect(() => caffeKey(index, 'a')).toThrow(invalid);
    }
    expect(() => caffeKey(1, undefined as unknown as string)).toThrow(invalid);
    for (const sample of [undefined, {}] as unknown as Sample[]) {
      await expect(encodeSample(sample, 'png')).rejects.toEqual(invalid);
    }
    await expect(encodeSample(pixels, 'gif' as 'png')).rejects.toEqual(invalid);
    await expect(encodeSample({ ...pixels, width: 3 }, 'png')).rejects.toThrow(/^\[lmdb-datum\] sample: expected/);
  });
});

describe('encoded garbage', () => {
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

describe('a writer at the same time as the reader', () => {
  const datum = { channels: 3, height: 40, width: 40, data: new Uint8Array(4800), label: 1 };

  it('does not disturb it with one commit, and is noticed after more', async () => {
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

describe('values that are not records, means or databases', () => {
  const takers: Record<string, (value: never) => unknown> = {
    ...{
      decodeDatum,
      decodeMean,
      describeValue,
      computeMean,
      encodeMean,
      channelMeans: (mean) => channelMeans(mean, 'rgb'),
    },
    writeMean: (mean) => writeMean(path.join(scratchFolder(), 'mean.binaryproto'), mean),
    'writeMean, file': (file) => writeMean(file, { channels: 1, height: 1, width: 1, data: new Float32Array(1) }),
  };
  it.each([DatumReader, DatumWriter])('are refused by the constructor of %o, which says how to create one', (type) => {
    const construct = type as unknown as new (...args: unknown[]) => unknown;
    for (const args of [[], [null], [5], ['train_lmdb'], [{}], [null, null, null]]) {
      expect(() => new construct(...args)).toThrow(
        /^\[lmdb-datum\] new Datum(Reader: .*; call openDatumLmdb|Writer: .*; call await DatumWriter\.open)\(path\)\.$/,
      );
    }
  });
  it.each(Object.keys(takers))('are refused by %s in one sentence', async (name) => {
    for (const value of [undefined, null, 0, [], {}, Symbol('x'), () => 1, { data: null, height: 1 }]) {
      const error = await (async () => takers[name](value as never))().catch((reason) => reason);
      expect(error).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringMatching(SENTENCE) });
    }
  });
});
