/** One rule: what verify finds sound can be read completely in every way. */
import { Buffer } from 'node:buffer';
import fs from 'node:fs';
import path from 'node:path';
import { findPython, runPython } from '@ae/testing/python';
import { describe, expect, it } from 'vitest';
import { DatumWriter, openDatumLmdb, verify } from '../src/entries/index';
import { fixture, GOLDEN_NAMES, golden } from './golden';
import { scratchFolder, writeDatabase } from './scratch';

const PAGE = 4096;
const FREE_FLAGS = 16 + 24 + 4;
const MAIN_FLAGS = FREE_FLAGS + 48;

function changed(name: string, change: (bytes: Buffer) => void): string {
  const bytes = fs.readFileSync(fixture(`${name}.mdb`));
  change(bytes);
  const file = path.join(scratchFolder(), 'data.mdb');
  fs.writeFileSync(file, bytes);
  return file;
}

/** Reads all records in every possible way, strictly, including the images. */
async function readAllWays(file: string, database?: string): Promise<void> {
  using reader = openDatumLmdb(file, { database });
  const keys = [...reader.keys()];
  expect(keys.length).toBe(reader.length);
  expect([...reader.keys({ reverse: true })].length).toBe(keys.length);
  for (const { keyBytes, datum } of reader.entries()) expect(reader.get(keyBytes)?.label).toBe(datum.label);
  for (let i = 0; i < reader.length; i++) await reader.at(i);
  for await (const _ of reader.batches({ batchSize: 8, resize: { height: 2, width: 2 }, shuffle: 1 }));
}

describe('what LMDB writes', () => {
  it('is sound whatever file options the flags of the list of free pages contain', async () => {
    // MDB_FIXEDMAP, MDB_NOSUBDIR, and others that programs have set in the lower 16 bits.
    for (const flags of [0x4008, 0x0009, 0x4009, 0x2008, 0x8c08]) {
      const file = changed('churned', (bytes) => {
        for (const meta of [0, 1]) bytes.writeUInt16LE(flags, meta * PAGE + FREE_FLAGS);
      });
      expect([flags, (await verify(file)).damage]).toEqual([flags, []]);
      await readAllWays(file);
    }
    for (const flags of [0, 4, 12, 0x4018]) {
      const file = changed('churned', (bytes) => {
        for (const meta of [0, 1]) bytes.writeUInt16LE(flags, meta * PAGE + FREE_FLAGS);
      });
      expect((await verify(file)).ok).toBe(false);
    }
  });

  const python = findPython(['lmdb', 'protobuf'], 'no false alarm on named databases and single files');
  it.runIf(python)(
    'named databases, single files and writable maps are sound; what is not read is listed',
    async () => {
      type Made = { path: string; entries: number; counts: Record<string, number>; notRead: string[] };
      const made = runPython<Made[]>(python!, fixture('workloads.py'), scratchFolder(), '25', '11', 'named');
      for (const { path: file, entries, counts, notRead } of made) {
        const { damage, records, readable, databases } = await verify(file);
        expect([file, damage, records, readable]).toEqual([file, [], entries, entries]);
        expect(databases.filter((found) => found.notRead).map(({ name }) => name)).toEqual(notRead);
        for (const [name, count] of Object.entries(counts)) {
          using reader = openDatumLmdb(file, name === '' ? {} : { database: name });
          expect([name, reader.length, [...reader].length]).toEqual([name, count, count]);
          if (name) expect(await verify(file, { database: name })).toMatchObject({ ok: true, records: count });
        }
      }
    },
  );
});

describe('named databases', () => {
  const copy = (change: (bytes: Buffer) => void = () => undefined) => changed('named', change);

  it('are verified with their records, one at a time or all at once', async () => {
    const both = [
      { name: 'train', records: 20, readable: 20 },
      { name: 'val', records: 5, readable: 5 },
    ];
    expect(await verify(copy())).toMatchObject({ ok: true, records: 25, readable: 25, databases: both });
    expect(await verify(copy(), { database: 'val' })).toMatchObject({ ok: true, databases: [both[1]] });
    await expect(verify(copy(), { database: 'test' })).rejects.toThrow(
      /contains no database named "test", only "train", "val"/,
    );
    await readAllWays(copy(), 'train');
    using unnamed = openDatumLmdb(copy());
    expect(unnamed.info.databases).toEqual(['train', 'val']);
    expect(() => unnamed.at(0)).toThrow(/key train: expected a record, received a named database/);
    await expect(unnamed.batches({ batchSize: 1 })[Symbol.asyncIterator]().next()).rejects.toThrow(
      /key train: expected a record, received a named database; open the database of that name instead/,
    );
  });

  it('are damaged if one of their leaves, values or counts is, and the report says where', async () => {
    const pages = fs.readFileSync(fixture('named.mdb'));
    const found = { sound: 0, damaged: 0 };
    for (let page = 2; (page + 1) * PAGE <= pages.length; page++) {
      const flags = pages.readUInt16LE(page * PAGE + 10);
      const isPage = Number(pages.readBigUInt64LE(page * PAGE)) === page;
      if (!isPage || (flags !== 2 && flags !== 4)) continue;
      const file = copy((bytes) => bytes.writeUInt16LE(flags ^ 1, page * PAGE + 10));
      const { ok, damage } = await verify(file);
      found[ok ? 'sound' : 'damaged']++;
      if (!ok) expect([page, damage.some((one) => one.page === page)]).toEqual([page, true]);
      if (flags === 4) page += pages.readUInt32LE(page * PAGE + 12) - 1;
    }
    // Three leaves, the leaf of the free pages, and twenty values; an unused page may contain anything.
    expect(found.damaged).toBe(24);
    expect(found.sound).toBeLessThan(4);
  });
});

describe('what verify finds sound', () => {
  it('contains no damaged image, unless it was told not to check', async () => {
    const png = fs.readFileSync(fixture('images/one-pixel.png'));
    const cut = Buffer.from(png);
    cut[cut.indexOf('IDAT') + 6]! ^= 0xff;
    const folder = await writeDatabase([
      { data: png, encoded: true },
      { data: cut, encoded: true },
    ]);
    const report = await verify(folder);
    expect(report).toMatchObject({ ok: false, records: 2, readable: 1, imagesSkipped: 0 });
    expect(report.damage).toMatchObject([{ key: '00000001_x' }]);
    expect(await verify(folder, { images: false })).toMatchObject({ ok: true, readable: 2, imagesSkipped: 2 });
  });

  it('is never a database that is refused when opened', async () => {
    for (const flags of [2, 4, 8, 0x14]) {
      const file = changed('overflow', (bytes) => {
        for (const meta of [0, 1]) bytes.writeUInt16LE(flags, meta * PAGE + MAIN_FLAGS);
      });
      expect(() => openDatumLmdb(file)).toThrow(/expected a plain database/);
      await expect(verify(file)).rejects.toMatchObject({ code: 'UNSUPPORTED_FORMAT' });
    }
  });

  it('contains no named database among records, which would end reading', async () => {
    const file = changed('named', (bytes) => {
      // The root of the unnamed database is its only leaf; its first node becomes a record.
      const root = Math.max(
        ...[0, 1].map((meta) => bytes.readUInt32LE(meta * PAGE + 16 + 24 + 48 + 40) || 0).filter((page) => page < 1000),
      );
      const node = root * PAGE + bytes.readUInt16LE(root * PAGE + 16);
      bytes.writeUInt16LE(0, node + 4);
    });
    expect((await verify(file)).ok).toBe(false);
  });

  it('can be read in every way: single bits of the golden databases, flipped', async () => {
    let sound = 0;
    let random = 12345;
    const next = (below: number) => {
      random = (Math.imul(random, 1103515245) + 12345) >>> 0;
      return random % below;
    };
    for (const name of GOLDEN_NAMES) {
      // Records of different sizes and kinds cannot share a batch.
      if (name === 'variants' || golden(name).records.length === 0) continue;
      const bytes = fs.readFileSync(fixture(`${name}.mdb`));
      const file = path.join(scratchFolder(), 'data.mdb');
      for (let i = 0; i < 25; i++) {
        const flipped = Buffer.from(bytes);
        // Mostly in the structure: the first bytes of a page, and the nodes at its end.
        const page = next(Math.floor(bytes.length / PAGE));
        const at = page * PAGE + (next(3) > 0 ? next(64) : next(PAGE));
        flipped[at]! ^= 1 << next(8);
        fs.writeFileSync(file, flipped);
        const report = await verify(file).catch(() => undefined);
        if (!report?.ok) continue;
        sound++;
        await readAllWays(file);
      }
    }
    expect(sound).toBeGreaterThan(5);
  });
});

it('an append by our own writer is sound, next to the existing records', async () => {
  const folder = scratchFolder();
  fs.copyFileSync(fixture('churned.mdb'), path.join(folder, 'data.mdb'));
  const writer = await DatumWriter.open(folder, { mode: 'append' });
  await writer.put('zzz', { channels: 1, height: 1, width: 1, data: Uint8Array.of(1) });
  await writer.close();
  expect(await verify(folder)).toMatchObject({ ok: true, damage: [] });
});
