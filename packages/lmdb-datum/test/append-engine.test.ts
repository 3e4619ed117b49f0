/** What is written without native code, compared with LMDB itself. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { hasLmdbTools } from '@ae/testing/programs';
import { findPython, runPython } from '@ae/testing/python';
import { type DrawBelow, randomOf, testSeed } from '@ae/testing/random';
import { open } from 'lmdb';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DatumWriter, openDatumLmdb, verify } from '../src/entries/index';
import { fixture } from './golden';
import { scratchFolder } from './scratch';

interface Case {
  name: string;
  records: number;
  recordsPerCommit: number;
  /** Number of bytes of keys and values. */
  key: (random: DrawBelow) => number;
  value: (random: DrawBelow) => number;
}

const cases: Case[] = [
  { name: 'one record', records: 1, recordsPerCommit: 1, key: () => 1, value: () => 0 },
  { name: 'empty values', records: 3000, recordsPerCommit: 1100, key: () => 8, value: () => 0 },
  { name: 'keys of 511 bytes', records: 200, recordsPerCommit: 50, key: () => 511, value: (random) => random(1600) },
  // 8 + 11 + 2,019 bytes is the most that LMDB keeps in a leaf.
  {
    name: 'around the largest value of a leaf',
    records: 300,
    recordsPerCommit: 50,
    key: () => 11,
    value: (random) => 2013 + random(12),
  },
  {
    name: 'around whole pages',
    records: 120,
    recordsPerCommit: 30,
    key: () => 9,
    value: (random) => 4080 * (1 + random(3)) - 3 + random(6),
  },
  {
    name: 'a commit for each record',
    records: 120,
    recordsPerCommit: 1,
    key: () => 10,
    value: (random) => random(9000),
  },
  { name: 'a value of some megabytes', records: 5, recordsPerCommit: 2, key: () => 10, value: () => (3 << 20) + 5 },
  {
    name: 'any sizes',
    records: 120,
    recordsPerCommit: 35,
    key: (random) => 4 + random(500),
    value: (random) => random(random(2) ? 100 : 20_000),
  },
];

function* recordsOf({ records, key, value }: Case, seed: number): Generator<[Buffer, Buffer]> {
  const random = randomOf(seed);
  for (let i = 0; i < records; i++) {
    const name = Buffer.alloc(key(random), 0x61 + random(20));
    if (name.length >= 4) name.writeUInt32BE(i);
    yield [name, Buffer.alloc(value(random), random(256))];
  }
}

async function write(folder: string, one: Case, seed: number, options = {}): Promise<string> {
  const writer = await DatumWriter.open(folder, { recordsPerCommit: one.recordsPerCommit, ...options });
  const sha = createHash('sha256');
  for (const [key, value] of recordsOf(one, seed)) {
    await writer.putBytes(key, value);
    const sizes = Buffer.alloc(8);
    sizes.writeUInt32LE(key.length);
    sizes.writeUInt32LE(value.length, 4);
    sha.update(sizes).update(key).update(value);
  }
  await writer.close();
  return sha.digest('hex');
}

interface Found {
  sha256: string;
  stat: { depth: number; branch_pages: number; leaf_pages: number; overflow_pages: number; entries: number };
  peerBytes: number;
  after: number;
}

const python = findPython(['lmdb'], 'comparing what is written with py-lmdb');

describe.runIf(python)('py-lmdb', () => {
  it('reads the same records, needs the same space in append mode, and appends', async () => {
    const folder = scratchFolder();
    const shas: string[] = [];
    const runs = cases.map(({ recordsPerCommit }, i) => {
      return { ours: path.join(folder, `ours${i}`), peer: path.join(folder, `peer${i}`), recordsPerCommit };
    });
    const bytes: number[] = [];
    for (const [i, { ours }] of runs.entries()) {
      shas.push(await write(ours, cases[i]!, testSeed + i));
      bytes.push(fs.statSync(path.join(ours, 'data.mdb')).size);
      expect(await problemsOf(ours), cases[i]!.name).toEqual([]);
    }
    const list = path.join(folder, 'cases.json');
    fs.writeFileSync(list, JSON.stringify(runs));
    for (const [i, found] of runPython<Found[]>(python!, fixture('append_peer.py'), list).entries()) {
      const { name, records } = cases[i]!;
      expect([found.sha256, found.stat.entries, found.after], name).toEqual([shas[i], records, records + 3]);
      // A few more pages do not matter in a database of that size.
      expect(bytes[i], name).toBeLessThanOrEqual(found.peerBytes * 1.01 + 8 * 4096);
      expect(await problemsOf(runs[i]!.ours), `${name}, after py-lmdb`).toEqual([]);
    }
  }, 60_000);
});

/** What our verifier finds wrong with the file itself. The values here are not Datums. */
async function problemsOf(folder: string): Promise<unknown[]> {
  const { damage } = await verify(folder, { images: false });
  return damage.filter(({ key }) => key === undefined);
}

describe('the tools of LMDB', () => {
  it.runIf(hasLmdbTools("checking what is written by LMDB's tools"))(
    'count pages, free ones too, and dump',
    async () => {
      const folder = path.join(scratchFolder(), 'db');
      const one = cases.find(({ name }) => name === 'a commit for each record')!;
      await write(folder, one, testSeed);
      const { status, stdout, stderr } = spawnSync('mdb_stat', ['-a', '-e', '-ff', folder], { encoding: 'utf8' });
      expect([status, stderr]).toEqual([0, '']);
      const count = (what: string) => Number(new RegExp(`${what}: (\\d+)`).exec(stdout)?.[1]);
      const [list, main] = stdout.split('Status of Main DB');
      const pagesOf = (text: string) =>
        ['Branch', 'Leaf', 'Overflow'].reduce(
          (sum, kind) => sum + Number(new RegExp(`${kind} pages: (\\d+)`).exec(text)?.[1]),
          0,
        );
      // Each page is either in use once or free once.
      expect(2 + pagesOf(list!) + pagesOf(main!) + count('Free pages')).toBe(count('Number of pages used'));
      const dump = spawnSync('mdb_dump', [folder], { encoding: 'latin1', maxBuffer: 1 << 28 }).stdout;
      const lines = dump.split('\n').filter((line) => line.startsWith(' '));
      const expected = [...recordsOf(one, testSeed)].flatMap((pair) =>
        pair.map((bytes) => ` ${bytes.toString('hex')}`),
      );
      expect(lines).toEqual(expected);
    },
  );
});

describe('together with the native module', () => {
  const settings = { encoding: 'binary', keyEncoding: 'binary' } as const;

  it('appends to what it wrote and deleted, reuses its free pages, and can be read by it', async () => {
    const folder = scratchFolder();
    const native = open<Buffer, Buffer>({ path: folder, noSubdir: false, ...settings });
    const keys = Array.from({ length: 600 }, (_, i) => Buffer.from(`k${String(i).padStart(5, '0')}`));
    native.transactionSync(() => {
      for (const [i, key] of keys.entries()) native.putSync(key, Buffer.alloc(i % 3 ? 50 : 5000, i));
    });
    native.transactionSync(() => {
      for (const key of keys.slice(100, 500)) native.removeSync(key);
    });
    await native.close();
    const before = fs.statSync(path.join(folder, 'data.mdb')).size;
    const writer = await DatumWriter.open(folder, { mode: 'append', recordsPerCommit: 10 });
    expect(writer.count).toBe(200);
    for (let i = 0; i < 100; i++) await writer.putBytes(`l${String(i).padStart(5, '0')}`, Buffer.alloc(5000, i));
    await writer.close();
    expect(await problemsOf(folder)).toEqual([]);
    expect(fs.statSync(path.join(folder, 'data.mdb')).size).toBeLessThan(before + 25 * 4096);
    const again = open<Buffer, Buffer>({ path: folder, noSubdir: false, ...settings });
    onTestFinished(() => again.close());
    expect(again.getStats()).toMatchObject({ entryCount: 300 });
    expect([...again.getRange({})].map(({ value }) => value.length)).toEqual([
      ...[...keys.slice(0, 100).keys(), ...Array.from({ length: 100 }, (_, i) => 500 + i)].map((i) =>
        i % 3 ? 50 : 5000,
      ),
      ...Array(100).fill(5000),
    ]);
  });

  it.runIf(process.platform === 'linux')(
    'leaves it to that to write where a program has the database open',
    async () => {
      const folder = path.join(scratchFolder(), 'db');
      await write(folder, cases[1]!, testSeed);
      const program = `
      const { open } = require('lmdb');
      const db = open({ path: ${JSON.stringify(folder)}, noSubdir: false, readOnly: true, ...${JSON.stringify(settings)} });
      process.stdin.on('data', () => console.log(db.getStats().entryCount)).on('end', () => process.exit());
      console.log('open');`;
      const { spawn } = await import('node:child_process');
      const reader = spawn(process.execPath, ['-e', program], { cwd: import.meta.dirname });
      onTestFinished(() => void reader.kill());
      const said = () => new Promise((resolve) => reader.stdout.once('data', (text) => resolve(String(text).trim())));
      expect(await said()).toBe('open');
      const writer = await DatumWriter.open(folder, { mode: 'append' });
      await writer.putBytes(Buffer.alloc(9, 0xff), Buffer.from('after'));
      await writer.close();
      expect(fs.readFileSync('/proc/locks', 'utf8')).toContain(`:${fs.statSync(path.join(folder, 'lock.mdb')).ino} `);
      const answer = said();
      reader.stdin.write('?');
      expect(await answer).toBe('3001');
    },
  );
});

describe('two writers', () => {
  it('are refused, until the first one closes', async () => {
    const folder = path.join(scratchFolder(), 'db');
    const first = await DatumWriter.open(folder);
    await expect(DatumWriter.open(folder, { mode: 'append' })).rejects.toThrow(
      /OutputExistsError|process \d+ is writing there; wait until it ends/,
    );
    await first.putBytes('a', Buffer.from('1'));
    await first.close();
    expect(fs.readdirSync(folder)).toEqual(['data.mdb']);
    const second = await DatumWriter.open(folder, { mode: 'append' });
    await second.close();
  });

  it('that do not know of each other fail before anything is lost', async () => {
    const folder = path.join(scratchFolder(), 'db');
    const writer = await DatumWriter.open(folder);
    await writer.putBytes('a', Buffer.from('1'));
    await writer.commit();
    const other = open<Buffer, Buffer>({ path: folder, noSubdir: false, encoding: 'binary', keyEncoding: 'binary' });
    await other.put(Buffer.from('b'), Buffer.from('2'));
    await other.close();
    await writer.putBytes('c', Buffer.from('3'));
    await expect(writer.commit()).rejects.toThrow(/another program is writing to the database; let one finish before/);
    await writer.abort();
    using reader = openDatumLmdb(folder);
    expect([...reader.keys()]).toEqual(['a', 'b']);
  });
});

describe('records written ahead of their commit', () => {
  const keys = Array.from({ length: 80 }, (_, i) => String(i + 10));
  const fileOf = (folder: string) => path.join(folder, 'data.mdb');

  async function opened(): Promise<DatumWriter> {
    const writer = await DatumWriter.open(path.join(scratchFolder(), 'db'));
    writer.stage('0', Buffer.alloc(5000, 'first'));
    await writer.commit();
    return writer;
  }

  function stage(writer: DatumWriter, some: readonly string[]): void {
    for (const key of some) writer.stage(key, Buffer.alloc(key.endsWith('5') ? 40 : 30_000, key));
  }

  it('become part of it, byte for byte as without writing ahead', async () => {
    const [writer, plain] = [await opened(), await opened()];
    const before = fs.statSync(fileOf(writer.path)).size;
    for (const from of [0, 20, 40]) {
      stage(writer, keys.slice(from, from + 20));
      writer.writeAhead();
    }
    expect(fs.statSync(fileOf(writer.path)).size).toBeGreaterThan(before + (1 << 19));
    using early = openDatumLmdb(writer.path);
    expect([...early.keys()]).toEqual(['0']);
    stage(writer, keys.slice(60));
    stage(plain, keys);
    for (const each of [writer, plain]) await each.close();
    expect(fs.readFileSync(fileOf(writer.path)).equals(fs.readFileSync(fileOf(plain.path)))).toBe(true);
    using reader = openDatumLmdb(writer.path);
    expect([...reader.keys()]).toEqual(['0', ...keys]);
  });

  it('are sorted with those that come out of order', async () => {
    const writer = await opened();
    stage(writer, keys.slice(40));
    writer.writeAhead();
    stage(writer, keys.slice(0, 40));
    writer.writeAhead();
    expect(() => stage(writer, ['40'])).toThrow(/key 40 already exists/);
    await writer.close();
    using reader = openDatumLmdb(writer.path);
    expect([...reader.keys()]).toEqual(['0', ...keys]);
    expect(await problemsOf(writer.path)).toEqual([]);
  });

  it('disappear if they are not committed', async () => {
    const writer = await opened();
    const before = fs.readFileSync(fileOf(writer.path));
    stage(writer, keys);
    writer.writeAhead();
    await writer.abort();
    expect(fs.readFileSync(fileOf(writer.path)).equals(before)).toBe(true);
  });

  it('leave their memory to others once they are written', async () => {
    const writer = await opened();
    const memory = Buffer.alloc(2 * 6000);
    for (const [i, key] of keys.entries()) {
      const value = memory.subarray((i & 1) * 6000, ((i & 1) + 1) * 6000).fill(key);
      writer.stage(key, i % 10 === 9 ? value.subarray(0, 40) : value);
      if (i & 1) expect(writer.writeAhead(true)).toBe(true);
    }
    expect(() => writer.stage('5', memory)).toThrow(
      /key 5 comes before keys that are already written; commit those first\.$/,
    );
    memory.fill('garbage');
    await writer.close();
    using reader = openDatumLmdb(writer.path);
    expect([...reader.keys()]).toEqual(['0', ...keys]);
    for (const [i, key] of keys.entries()) {
      expect(Buffer.alloc(i % 10 === 9 ? 40 : 6000, key).equals(reader.getBytes(key) as Uint8Array)).toBe(true);
    }
    expect(await problemsOf(writer.path)).toEqual([]);
  });

  it('are not committed a second time from memory that others use', async () => {
    const writer = await opened();
    const memory = Buffer.alloc(6000, 'first');
    writer.stage('10', memory);
    writer.writeAhead(true);
    memory.fill('garbage');
    const full = Object.assign(new Error('ENOSPC: no write'), { code: 'ENOSPC', syscall: 'write' });
    const spy = vi.spyOn(fs, 'writevSync').mockImplementation(() => {
      throw full;
    });
    onTestFinished(() => spy.mockRestore());
    await expect(writer.commit()).rejects.toThrow(/the disk is full/);
    spy.mockRestore();
    await expect(writer.commit()).rejects.toThrow(
      /db: a transaction failed whose values were written ahead; write its records again\.$/,
    );
    await writer.abort();
    using reader = openDatumLmdb(writer.path);
    expect([...reader.keys()]).toEqual(['0']);
    expect(await problemsOf(writer.path)).toEqual([]);
  });

  it('are committed again if the disk could not take what was sent to it ahead', async () => {
    const writer = await opened();
    for (const key of keys) writer.stage(key, Buffer.alloc(60_000, key));
    const broken = Object.assign(new Error('EIO: i/o error'), { code: 'EIO', syscall: 'fdatasync' });
    // Linux reports an error to the first call after it, and not again.
    const spy = vi.spyOn(fs, 'fdatasync').mockImplementationOnce((_, done) => done(broken));
    onTestFinished(() => spy.mockRestore());
    writer.writeAhead();
    expect(spy).toHaveBeenCalledOnce();
    await expect(writer.commit()).rejects.toThrow(/db: the database cannot be written \(EIO/);
    using early = openDatumLmdb(writer.path);
    expect([...early.keys()]).toEqual(['0']);
    await writer.close();
    using reader = openDatumLmdb(writer.path);
    expect([...reader.keys()]).toEqual(['0', ...keys]);
    expect(await problemsOf(writer.path)).toEqual([]);
  });

  it('are committed once a full disk has room again', async () => {
    const writer = await opened();
    stage(writer, keys);
    const full = Object.assign(new Error('ENOSPC: no write'), { code: 'ENOSPC', syscall: 'write' });
    const spy = vi.spyOn(fs, 'writevSync').mockImplementation(() => {
      throw full;
    });
    onTestFinished(() => spy.mockRestore());
    expect(() => writer.writeAhead()).toThrow(/db: the disk is full; free some space\.$/);
    spy.mockRestore();
    await writer.close();
    using reader = openDatumLmdb(writer.path);
    expect([...reader.keys()]).toEqual(['0', ...keys]);
    expect(await problemsOf(writer.path)).toEqual([]);
  });
});

describe('a write that the system cuts short', () => {
  it('is continued', async () => {
    const folder = path.join(scratchFolder(), 'db');
    const value = (i: number) => Buffer.alloc(i % 3 === 0 ? 100 : 5000 + i, i);
    const real = fs.writevSync;
    // As near the limit of a file's size: part of what was passed, in the middle of a value.
    const spy = vi.spyOn(fs, 'writevSync').mockImplementation((fd, parts, position) => {
      const bytes = Buffer.concat(parts as Uint8Array[]).subarray(0, 7001);
      return real(fd, [bytes], position);
    });
    onTestFinished(() => spy.mockRestore());
    const writer = await DatumWriter.open(folder);
    for (let i = 10; i < 60; i++) await writer.putBytes(`${i}`, value(i));
    await writer.close();
    expect(spy.mock.calls.length).toBeGreaterThan(30);
    using reader = openDatumLmdb(folder);
    for (let i = 10; i < 60; i++) expect(value(i).equals(reader.getBytes(`${i}`) as Uint8Array)).toBe(true);
    expect(await problemsOf(folder)).toEqual([]);
  });
});

describe('a write that fails', () => {
  it.each([
    ['ENOSPC', /db: the disk is full; free some space\.$/],
    ['EDQUOT', /db: the quota on the disk is used up; free some space\.$/],
    ['EIO', /db: the database cannot be written \(EIO.*check free space and permissions\.$/],
  ])('by %s leaves what was committed, and the records can be committed again', async (code, message) => {
    const folder = path.join(scratchFolder(), 'db');
    const writer = await DatumWriter.open(folder);
    for (const key of ['a', 'b']) await writer.putBytes(key, Buffer.alloc(9000, key));
    await writer.commit();
    const size = fs.statSync(path.join(folder, 'data.mdb')).size;
    await writer.putBytes('c', Buffer.alloc(3 << 20, 'c'));
    const real = fs.writevSync;
    let left = 1;
    const spy = vi.spyOn(fs, 'writevSync').mockImplementation((...args) => {
      if (left-- > 0) return real(...args);
      throw Object.assign(new Error(`${code}: no write`), { code, syscall: 'write' });
    });
    onTestFinished(() => spy.mockRestore());
    await expect(writer.commit()).rejects.toThrow(message);
    spy.mockRestore();
    expect(fs.statSync(path.join(folder, 'data.mdb')).size).toBe(size);
    using reader = openDatumLmdb(folder);
    expect([...reader.keys()]).toEqual(['a', 'b']);
    await writer.close();
    using whole = openDatumLmdb(folder);
    expect([...whole.keys()]).toEqual(['a', 'b', 'c']);
    expect(await problemsOf(folder)).toEqual([]);
  });
});
