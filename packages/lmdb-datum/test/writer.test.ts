import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { hasLmdbTools } from '@ae/testing/programs';
import { findPython, runPython } from '@ae/testing/python';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { caffeKey, DatumWriter, encodeDatum, openDatumLmdb, verify } from '../src/entries/index';
import { fixture, type Golden, sha256 } from './golden';
import { scratchFolder, writeDatabase } from './scratch';

const datumOf = (i: number, size = 8) => ({
  channels: 3,
  height: size,
  width: size,
  data: new Uint8Array(3 * size * size).fill(i),
  label: i % 10,
});

async function writeSome(folder: string, count: number, options = {}) {
  const writer = await DatumWriter.open(folder, options);
  for (let i = 0; i < count; i++) await writer.put(caffeKey(i, `n/${i}.png`), datumOf(i, i % 3 ? 8 : 40));
  await writer.close();
}

describe('DatumWriter', () => {
  it('stages messages without copying, and says when to commit them', async () => {
    const folder = path.join(scratchFolder(), 'db');
    const writer = await DatumWriter.open(folder, { recordsPerCommit: 2 });
    const message = encodeDatum(datumOf(1));
    writer.stage('a', message);
    expect(writer.isDue).toBe(false);
    writer.stage('b', encodeDatum(datumOf(2)));
    expect(writer.isDue).toBe(true);
    expect(() => writer.stage('a', message)).toThrow(/key a already exists/);
    message.set(encodeDatum(datumOf(3)));
    await writer.commit();
    expect(writer.isDue).toBe(false);
    await writer.close();
    using reader = openDatumLmdb(folder);
    expect([...reader].map(({ key, datum }) => [key, datum.label])).toEqual([
      ['a', 3],
      ['b', 2],
    ]);
  });

  it('writes each record once if puts are not awaited one by one', async () => {
    const folder = path.join(scratchFolder(), 'db');
    const writer = await DatumWriter.open(folder, { recordsPerCommit: 10 });
    const puts = Array.from({ length: 35 }, (_, i) => writer.put(caffeKey(i, 'a'), datumOf(i)));
    // Closes after them.
    await Promise.all([...puts, writer.close()]);
    using reader = openDatumLmdb(folder);
    expect(reader.length).toBe(35);
    expect([...reader.keys()]).toEqual(puts.map((_, i) => caffeKey(i, 'a')));
    expect((await verify(folder)).readable).toBe(35);
  });

  it('adds nothing to a transaction that is being committed', async () => {
    const writer = await DatumWriter.open(path.join(scratchFolder(), 'db'));
    await writer.put('a', datumOf(1));
    const committed = writer.commit();
    expect(() => writer.stage('b', encodeDatum(datumOf(2)))).toThrow(/: a commit is in progress; await it\.$/);
    await committed;
    writer.stage('b', encodeDatum(datumOf(2)));
    await writer.close();
    using reader = openDatumLmdb(writer.path);
    expect([...reader.keys()]).toEqual(['a', 'b']);
  });

  it('also asks for a commit when large records are staged', async () => {
    const writer = await DatumWriter.open(path.join(scratchFolder(), 'db'));
    // Never written: it is staged four times, but in memory only once.
    const value = new Uint8Array(64 << 20);
    for (const key of ['a', 'b', 'c']) writer.stage(key, value);
    expect(writer.isDue).toBe(false);
    writer.stage('d', value);
    expect(writer.isDue).toBe(true);
    await writer.abort();
  });

  it('writes what the reader reads', async () => {
    const folder = path.join(scratchFolder(), 'new/db');
    await writeSome(folder, 250, { recordsPerCommit: 100 });
    using reader = openDatumLmdb(folder);
    expect(reader.info).toMatchObject({
      format: 1,
      count: 250,
      firstKey: '00000000_n/0.png',
      lastKey: '00000249_n/249.png',
    });
    expect(reader.info.lastTransactionId).toBe(3);
    for (const { key, datum } of reader) {
      const i = Number(key.slice(0, 8));
      expect(datum).toMatchObject({ label: i % 10, encoded: false, height: i % 3 ? 8 : 40 });
      expect(datum.data.every((value) => value === i % 256)).toBe(true);
    }
  });

  it('doubles the map size as often as needed', async () => {
    const folder = path.join(scratchFolder(), 'db');
    const writer = await DatumWriter.open(folder, { recordsPerCommit: 10 });
    for (let i = 0; i < 90; i++) await writer.put(caffeKey(i, 'big'), datumOf(i, 600));
    await writer.close();
    using reader = openDatumLmdb(folder);
    expect(reader.length).toBe(90);
    expect(reader.info.mapSizeBytes).toBe(128 << 20);
    expect(reader.datumAt(89)?.data[0]).toBe(89);
  });

  it('appends to a database, even one that py-lmdb wrote, and keeps what was there', async () => {
    const folder = scratchFolder();
    fs.copyFileSync(fixture('overflow.mdb'), path.join(folder, 'data.mdb'));
    const before = openDatumLmdb(folder);
    const count = before.length;
    const writer = await DatumWriter.open(folder, { mode: 'append' });
    expect(writer.count).toBe(count);
    await writer.put(caffeKey(count, 'new'), datumOf(1));
    await writer.put('00000003_and between', datumOf(2));
    await writer.close();
    using reader = openDatumLmdb(folder);
    expect(reader.length).toBe(count + 2);
    expect(reader.get('00000003_and between')?.data[0]).toBe(2);
    expect([...before.keys()].length).toBe(count);
    for (const key of before.keys()) expect(sha256(reader.get(key)!.data)).toBe(sha256(before.get(key)!.data));
    before.close();
  });

  it('refuses duplicate keys, within and across transactions, and continues', async () => {
    const folder = path.join(scratchFolder(), 'db');
    const writer = await DatumWriter.open(folder);
    await writer.put('b', datumOf(1));
    await expect(writer.put('b', datumOf(2))).rejects.toThrow(
      /key b already exists; use a different key for each record/,
    );
    await writer.commit();
    await writer.put('a', datumOf(3));
    await expect(writer.put('b', datumOf(2))).rejects.toMatchObject({ code: 'WRITE_FAILED', key: 'b' });
    await expect(writer.put('a', datumOf(2))).rejects.toMatchObject({ code: 'WRITE_FAILED', key: 'a' });
    await writer.close();
    using reader = openDatumLmdb(folder);
    expect([...reader.entries()].map(({ key, datum }) => [key, datum.data[0]])).toEqual([
      ['a', 3],
      ['b', 1],
    ]);
  });

  it('refuses keys that stock LMDB would not accept', async () => {
    const writer = await DatumWriter.open(path.join(scratchFolder(), 'db'));
    await expect(writer.put('', datumOf(0))).rejects.toThrow(/expected 1 to 511 bytes, received 0; give the record a/);
    await expect(writer.put('é'.repeat(256), datumOf(0))).rejects.toThrow(
      /expected 1 to 511 bytes, received 512; shorten/,
    );
    await writer.put('x'.repeat(511), datumOf(0));
    await writer.close();
  });

  it('refuses to overwrite, and to append to nothing, to another format and to damaged databases', async () => {
    const folder = scratchFolder();
    await expect(DatumWriter.open(folder)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    await expect(DatumWriter.open(folder, { mode: 'append' })).rejects.toMatchObject({ code: 'NOT_LMDB' });
    await expect(DatumWriter.open(path.join(folder, 'no'), { mode: 'append' })).rejects.toMatchObject({
      code: 'NOT_READABLE',
    });
    fs.writeFileSync(path.join(folder, 'data.mdb'), fs.readFileSync(fixture('deep.mdb')).subarray(0, 20000));
    await expect(DatumWriter.open(folder, { mode: 'append' })).rejects.toMatchObject({ code: 'CORRUPT_DATABASE' });
    expect(fs.readdirSync(folder)).toEqual(['data.mdb']);
  });

  it('refuses keys out of order on a full disk, where the native library would crash the process', async () => {
    const folder = scratchFolder();
    const free = fs.statfsSync(folder);
    const writer = await DatumWriter.open(path.join(folder, 'db'), { recordsPerCommit: 1 });
    await writer.put('b', datumOf(1));
    const spy = vi
      .spyOn(fs, 'statfsSync')
      .mockImplementation(() => ({ ...free, bsize: 4096, bavail: 10 }) as fs.StatsFs);
    onTestFinished(() => spy.mockRestore());
    const full = /the disk has 0\.0 MiB of free space, but 1\.\d MiB are needed; free some space\.$/;
    await expect(writer.put('a', datumOf(1))).rejects.toThrow(full);
    spy.mockImplementation(() => free);
    await writer.put('a', datumOf(1));
    spy.mockImplementation(() => ({ ...free, bsize: 4096, bavail: 10 }) as fs.StatsFs);
    await expect(writer.put('0', datumOf(1))).rejects.toThrow(full);
    spy.mockImplementation(() => free);
    await writer.close();
    using reader = openDatumLmdb(path.join(folder, 'db'));
    expect([...reader.keys()]).toEqual(['0', 'a', 'b']);
  });

  it('discards the open transaction on abort, and says so after close', async () => {
    const folder = path.join(scratchFolder(), 'db');
    const writer = await DatumWriter.open(folder);
    await writer.put('a', datumOf(1));
    await writer.commit();
    await writer.put('b', datumOf(1));
    await writer.abort();
    await writer.close();
    await expect(writer.put('c', datumOf(1))).rejects.toMatchObject({ code: 'CLOSED' });
    using reader = openDatumLmdb(folder);
    expect([...reader.keys()]).toEqual(['a']);
  });
});

const python = findPython(['lmdb', 'protobuf'], 'reading back by py-lmdb');

describe.runIf(python)('py-lmdb', () => {
  it('reads the same records from what we write', async () => {
    const folder = path.join(scratchFolder(), 'db');
    await writeSome(folder, 1200);
    const { stat, records } = runPython<Golden>(python!, fixture('twin.py'), folder);
    using reader = openDatumLmdb(folder);
    expect(stat.entries).toBe(1200);
    expect(reader.info).toMatchObject({
      depth: stat.depth,
      leafPages: stat.leaf_pages,
      overflowPages: stat.overflow_pages,
    });
    [...reader].forEach(({ keyBytes, datum }, i) => {
      const { key, label, dataSha256, encoded, channels, height, width } = records[i]!;
      expect(Buffer.from(keyBytes).toString('base64')).toBe(key);
      expect(datum).toMatchObject({ label, encoded, channels, height, width });
      expect(sha256(datum.data)).toBe(dataSha256);
    });
  });
});

describe('encodeDatum', () => {
  it('writes exactly the bytes that protobuf writes for convert_imageset', () => {
    // Datum(channels=1, height=1, width=2, data=b"\x07\x08", label=-1, encoded=False).SerializeToString()
    const expected = '0801100118022202070828ffffffffffffffffff013800';
    const datum = { channels: 1, height: 1, width: 2, data: Uint8Array.of(7, 8), label: -1 };
    expect(Buffer.from(encodeDatum(datum)).toString('hex')).toBe(expected);
  });
});

describe('the tools of LMDB', () => {
  it.runIf(hasLmdbTools("reading back with LMDB's tools"))('read what we write', async () => {
    const folder = path.join(scratchFolder(), 'db');
    await writeSome(folder, 250, { recordsPerCommit: 100 });
    const run = (tool: string, ...args: string[]) => {
      const { status, stdout, stderr } = spawnSync(tool, [...args, folder], { encoding: 'utf8', maxBuffer: 1 << 26 });
      expect([status, stderr]).toEqual([0, '']);
      return stdout;
    };
    const stat = run('mdb_stat', '-a', '-e');
    using reader = openDatumLmdb(folder);
    const { depth, pageSizeBytes, lastTransactionId, mapSizeBytes } = reader.info;
    expect(stat).toContain(`Entries: 250`);
    expect(stat).toContain(`Tree depth: ${depth}`);
    expect(stat).toContain(`Page size: ${pageSizeBytes}`);
    expect(stat).toContain(`Map size: ${mapSizeBytes}`);
    expect(stat).toContain(`Last transaction ID: ${lastTransactionId}`);
    // After a header, a line of hexadecimal digits for each key and each value.
    const lines = run('mdb_dump').split('\n');
    const dumped = lines.filter((line) => /^ [0-9a-f]+$/.test(line)).map((line) => line.slice(1));
    const ours = [...reader.keys()].flatMap((key) => [Buffer.from(key), Buffer.from(reader.getBytes(key)!)]);
    expect(dumped).toEqual(ours.map((bytes) => bytes.toString('hex')));
  });
});

describe('append accepts the paths that reading accepts', () => {
  const pixel = { channels: 1, height: 1, width: 1, data: Uint8Array.of(7) };

  it.each([
    ['the folder', 'db', 'db'],
    ['its data file', 'db', 'db/data.mdb'],
    ['a data file of any name', 'single.mdb', 'single.mdb'],
  ])('%s', async (_, name, given) => {
    const folder = await writeDatabase([pixel]);
    const place = path.dirname(folder);
    if (name !== 'db') fs.copyFileSync(path.join(folder, 'data.mdb'), path.join(place, name));
    const before = fs.readdirSync(place);
    const writer = await DatumWriter.open(path.join(place, given), { mode: 'append' });
    await writer.put('00000001_x', pixel);
    await writer.close();
    using reader = openDatumLmdb(path.join(place, name));
    expect([...reader.keys()]).toEqual(['00000000_x', '00000001_x']);
    expect(fs.readdirSync(place).filter((one) => !before.includes(one) && one !== `${name}-lock`)).toEqual([]);
  });

  it('and does not replace a record whose key is not UTF-8', async () => {
    const folder = await writeDatabase([]);
    const key = Buffer.from([0x66, 0xfe]);
    const writer = await DatumWriter.open(folder, { mode: 'append' });
    await writer.put(key, pixel);
    await writer.close();
    const again = await DatumWriter.open(folder, { mode: 'append' });
    await expect(again.put(key, pixel)).rejects.toThrow(/already exists/);
    await again.close();
  });
});
