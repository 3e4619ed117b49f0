import fs from 'node:fs';
import path from 'node:path';
import { findPython, runPython } from '@ae/testing/python';
import { describe, expect, it } from 'vitest';
import { LmdbDatumError, openDatumLmdb, verify } from '../src/entries/index';
import { fixture, GOLDEN_NAMES, golden, keyOf, sha256 } from './golden';
import { scratchFolder } from './scratch';

const PAGE = 4096;

/** A copy of a golden database, changed by `change`. */
function damaged(name: string, change: (bytes: Buffer) => Buffer | undefined): string {
  const bytes = fs.readFileSync(fixture(`${name}.mdb`));
  const file = path.join(scratchFolder(), 'data.mdb');
  fs.writeFileSync(file, change(bytes) ?? bytes);
  return file;
}

/** Numbers of the pages with these flags: 1 branch, 2 leaf, 4 overflow. */
function pagesOf(bytes: Buffer, flags: number): number[] {
  const pages: number[] = [];
  for (let page = 2; page * PAGE < bytes.length; page++) {
    if (bytes.readUInt16LE(page * PAGE + 10) !== flags) continue;
    pages.push(page);
    if (flags === 4) page += bytes.readUInt32LE(page * PAGE + 12) - 1;
  }
  return pages;
}

const caught = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return error as LmdbDatumError;
  }
  throw new Error('expected an error');
};

/** Reads everything, strictly. */
function readAll(file: string): number {
  using reader = openDatumLmdb(file);
  let count = 0;
  for (const _ of reader.entries()) count++;
  for (let i = 0; i < reader.length; i++) reader.datumAt(i);
  return count;
}

describe('sound databases', () => {
  it.each(GOLDEN_NAMES)('%s is found sound', async (name) => {
    const { records } = golden(name);
    expect(await verify(fixture(`${name}.mdb`))).toMatchObject({
      ok: true,
      records: records.length,
      readable: records.length,
    });
    using reader = openDatumLmdb(fixture(`${name}.mdb`), { lenient: true });
    expect([reader.length, [...reader].length, reader.damage]).toEqual([records.length, records.length, []]);
  });

  const python = findPython(['lmdb', 'protobuf'], 'no false alarm on py-lmdb’s workloads');
  it.runIf(python)('so are databases that py-lmdb leaves after puts, deletes, rewrites and copies', async () => {
    const made = runPython<{ path: string; entries: number }[]>(
      python!,
      fixture('workloads.py'),
      scratchFolder(),
      '25',
      '7',
    );
    for (const { path: folder, entries } of made) {
      const report = await verify(folder);
      expect([folder, report.damage, report.readable]).toEqual([folder, [], entries]);
    }
  });
});

describe('damage', () => {
  const { records } = golden('deep');

  it('in a leaf’s header: strict reading stops there, verify names the page, lenient reading goes on', async () => {
    let page = 0;
    const file = damaged('deep', (bytes) => {
      page = pagesOf(bytes, 2)[3]!;
      bytes.writeUInt8(99, page * PAGE);
      return undefined;
    });
    expect(caught(() => readAll(file))).toMatchObject({ code: 'CORRUPT_DATABASE', page });
    const report = await verify(file);
    expect(report.ok).toBe(false);
    expect(report.damage[0]).toMatchObject({ page });
    using reader = openDatumLmdb(file, { lenient: true });
    const keys = [...reader.keys()];
    expect(keys.length).toBe(report.readable);
    expect(reader.length).toBe(keys.length);
    expect(reader.length).toBeGreaterThan(records.length - 8);
    expect(reader.length).toBeLessThan(records.length);
    expect(keys).toEqual(keys.toSorted());
    for (const [i, key] of keys.entries()) {
      const expected = records.find((record) => keyOf(record).toString() === key)!;
      expect(sha256(reader.get(key)!.data)).toBe(expected.dataSha256);
      expect(reader.keyAt(i)).toBe(key);
      expect(sha256(reader.datumAt(i)!.data)).toBe(expected.dataSha256);
    }
    expect([...reader.keys({ start: keys[5], end: keys[9], reverse: true })]).toEqual(keys.slice(5, 9).toReversed());
    expect(reader.damage.length).toBe(1);
  });

  it('in one node of a leaf costs one record', async () => {
    const file = damaged('deep', (bytes) => {
      const at = pagesOf(bytes, 2)[2]! * PAGE;
      const node = at + bytes.readUInt16LE(at + 16 + 2);
      bytes.writeUInt16LE(0xffff, node + 6);
      return undefined;
    });
    expect(() => readAll(file)).toThrow(/node 1 to be sound, received a key of 65535 bytes/);
    using reader = openDatumLmdb(file, { lenient: true });
    expect(reader.length).toBe(records.length - 1);
    expect((await verify(file)).readable).toBe(records.length - 1);
  });

  it('in a branch costs what is below it', async () => {
    const file = damaged('deep', (bytes) => {
      const [branch] = pagesOf(bytes, 1);
      bytes.writeUInt16LE(0, branch! * PAGE + 10);
      return undefined;
    });
    expect(caught(() => readAll(file)).code).toBe('CORRUPT_DATABASE');
    using reader = openDatumLmdb(file, { lenient: true });
    expect(reader.length).toBeGreaterThan(100);
    expect(reader.length).toBeLessThan(records.length);
  });

  it('in a value’s first page costs that record, and is reported with its key', async () => {
    const file = damaged('overflow', (bytes) => {
      bytes.writeUInt16LE(2, pagesOf(bytes, 4)[4]! * PAGE + 10);
      return undefined;
    });
    const total = golden('overflow').records.length;
    expect(caught(() => readAll(file)).code).toBe('CORRUPT_DATABASE');
    const report = await verify(file);
    expect(report).toMatchObject({ ok: false, readable: total - 1 });
    expect(report.damage[0]!.key).toMatch(/^\d{8}_n/);
    using reader = openDatumLmdb(file, { lenient: true });
    expect([...reader.entries()].length).toBe(total - 1);
    expect(reader.damage[0]!.key).toBe(report.damage[0]!.key);
    expect(
      reader.get(report.damage[0]!.key === '00000000_n/0.jpg' ? '00000001_n/1.jpg' : '00000000_n/0.jpg'),
    ).toBeDefined();
  });

  it('of two records that share a value is found by the index and by verify', async () => {
    const file = damaged('overflow', (bytes) => {
      // overflow.mdb is one leaf, written by transaction 3 to meta page 1.
      const at = bytes.readUInt32LE(PAGE + 16 + 72 + 40) * PAGE;
      const value = (i: number) => {
        const node = at + bytes.readUInt16LE(at + 16 + 2 * i);
        return node + 8 + bytes.readUInt16LE(node + 6);
      };
      bytes.copyWithin(value(1), value(2), value(2) + 8);
      return undefined;
    });
    expect(caught(() => readAll(file))).toMatchObject({ code: 'CORRUPT_DATABASE' });
    expect((await verify(file)).ok).toBe(false);
  });

  it('that exchanges two leaves under each other’s numbers is found by their keys', () => {
    const file = damaged('deep', (bytes) => {
      const [a, b] = pagesOf(bytes, 2).slice(5, 7) as [number, number];
      const kept = Buffer.from(bytes.subarray(a * PAGE + 8, (a + 1) * PAGE));
      bytes.copy(bytes, a * PAGE + 8, b * PAGE + 8, (b + 1) * PAGE);
      kept.copy(bytes, b * PAGE + 8);
      return undefined;
    });
    expect(() => readAll(file)).toThrow(/expected keys within the range that the parent page gives/);
    using reader = openDatumLmdb(file, { lenient: true });
    expect([...reader.keys()]).toEqual([...reader.keys()].sort());
    expect(reader.damage.length).toBeGreaterThan(5);
  });

  it('that makes the tree cyclic does not cause an endless loop', async () => {
    const file = damaged('deep', (bytes) => {
      const branches = pagesOf(bytes, 1);
      for (const branch of branches) {
        const node = branch * PAGE + bytes.readUInt16LE(branch * PAGE + 16 + 4);
        bytes.writeUInt16LE(branches[0]!, node);
      }
      return undefined;
    });
    expect(caught(() => readAll(file)).code).toBe('CORRUPT_DATABASE');
    expect((await verify(file)).ok).toBe(false);
    using reader = openDatumLmdb(file, { lenient: true });
    expect(reader.length).toBeLessThan(records.length);
  });

  it('to one meta page: refused, but read in lenient mode', async () => {
    const file = damaged('overflow', (bytes) => {
      bytes.writeUInt8(0, PAGE + 16);
      return undefined;
    });
    expect(() => openDatumLmdb(file)).toThrow(/received damage in meta page 1: its magic number; a lenient reader/);
    using reader = openDatumLmdb(file, { lenient: true });
    expect(reader.length).toBe(10);
    expect(reader.info.metaDamage).toBe('meta page 1: its magic number');
    expect((await verify(file)).ok).toBe(false);
  });

  it('to the record count is noticed at the end of a scan and by the index', () => {
    const file = damaged('overflow', (bytes) => {
      for (const meta of [0, 1]) bytes.writeUInt32LE(14, meta * PAGE + 16 + 72 + 32);
      return undefined;
    });
    using reader = openDatumLmdb(file);
    expect(() => [...reader.keys()]).toThrow(/expected 14 records, as the header says, received 15/);
    expect(() => reader.at(0)).toThrow(/CORRUPT|14 records/);
  });

  it('to the length of pixels is reported with the key', async () => {
    const file = damaged('overflow', (bytes) => {
      const page = pagesOf(bytes, 4)[0]!;
      // 08 03 10 34 18 34 22 ...: height 52 becomes 51.
      bytes.writeUInt8(51, page * PAGE + 16 + 3);
      return undefined;
    });
    using reader = openDatumLmdb(file);
    expect(() => [...reader]).toThrow(
      /key 0000\d{4}_n\/\d+\.jpg: expected \d+ data bytes for 3x51x\d+, received \d+; /,
    );
  });

  it.each([0, 1, 17, 100, 4095, 4096, 8191, 8192, 20000, 100_000])(
    'truncation to %i bytes is a clear error',
    async (length) => {
      const file = damaged('overflow', (bytes) => bytes.subarray(0, length));
      const error = caught(() => readAll(file));
      expect(error).toBeInstanceOf(LmdbDatumError);
      expect(['CORRUPT_DATABASE', 'NOT_LMDB']).toContain(error.code);
      if (length > 2 * PAGE) {
        const report = await verify(file);
        expect(report.ok).toBe(false);
        using reader = openDatumLmdb(file, { lenient: true });
        expect(reader.length).toBe(report.readable);
      }
    },
  );
});
