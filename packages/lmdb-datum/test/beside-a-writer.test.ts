/** Opening and reading while a writer commits: its changes must not be mistaken for damage. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { findPython } from '@ae/testing/python';
import { describe, expect, it, vi } from 'vitest';
import { LmdbDatumError, openDatumLmdb, verify } from '../src/entries/index';
import { FIXTURES, fixture } from './golden';
import { scratchFolder } from './scratch';

const PAGE = 4096;
const TRANSACTION = 16 + 24 + 2 * 48 + 8;

/** A copy of a golden database, to whose meta pages one can commit. */
function copy() {
  const file = path.join(scratchFolder(), 'data.mdb');
  fs.copyFileSync(fixture('churned.mdb'), file);
  const commit = () => {
    const bytes = fs.readFileSync(file);
    const transactions = [0, 1].map((page) => Number(bytes.readBigUInt64LE(page * PAGE + TRANSACTION)));
    const newest = transactions[1]! > transactions[0]! ? 1 : 0;
    const meta = Buffer.from(bytes.subarray(newest * PAGE, newest * PAGE + 192));
    meta.writeBigUInt64LE(BigInt(1 - newest), 0);
    meta.writeBigUInt64LE(BigInt(transactions[newest]! + 1), TRANSACTION);
    const fd = fs.openSync(file, 'r+');
    fs.writeSync(fd, meta, 0, meta.length, (1 - newest) * PAGE);
    fs.closeSync(fd);
  };
  return { file, commit };
}

/** Runs `work` while `meddle` is called after each read, with the read's number and what was read. */
function whileMeddling(meddle: (read: number, target: Buffer) => void, work: () => void): void {
  const real = fs.readSync;
  let reads = 0;
  let inside = false;
  const spy = vi.spyOn(fs, 'readSync').mockImplementation(((fd: number, target: Buffer, ...rest: unknown[]) => {
    const got = (real as (...given: unknown[]) => number)(fd, target, ...rest);
    if (!inside) {
      inside = true;
      meddle(reads++, target);
      inside = false;
    }
    return got;
  }) as typeof fs.readSync);
  try {
    work();
  } finally {
    spy.mockRestore();
  }
}

describe('commits while a database is being opened', () => {
  it.each([1, 2, 3, 4, 7])('%i between any two reads are not mistaken for damage', (commits) => {
    for (let at = 0; at < 5; at++) {
      const { file, commit } = copy();
      const commitOnce = (read: number) => {
        if (read === at) for (let i = 0; i < commits; i++) commit();
      };
      whileMeddling(commitOnce, () => {
        using reader = openDatumLmdb(file);
        expect(reader.length).toBeGreaterThan(0);
      });
      using lenient = openDatumLmdb(file, { lenient: true });
      expect(lenient.damage).toEqual([]);
    }
  });

  it('a half-written meta page is read again', () => {
    const { file } = copy();
    for (const [offset, value] of [
      [TRANSACTION, 77],
      [16 + 16, 1],
      [16 + 24 + 48 + 40, 255],
    ] as const) {
      const tear = (read: number, target: Buffer) => {
        if (read < 3 && target.length === 192) target[offset] = value;
      };
      whileMeddling(tear, () => {
        using reader = openDatumLmdb(file);
        expect([...reader].length).toBe(reader.length);
      });
    }
  });

  it('what stays damaged is reported as damage', () => {
    const { file } = copy();
    const fd = fs.openSync(file, 'r+');
    fs.writeSync(fd, Buffer.of(0), 0, 1, PAGE + 16);
    fs.closeSync(fd);
    expect(() => openDatumLmdb(file)).toThrow(/meta page 1: its magic number/);
  });
});

const python = findPython(['lmdb', 'protobuf'], 'reading at the same time as py-lmdb’s writer');

describe.runIf(python)('at the same time as py-lmdb', () => {
  it.each(['', 'writemap'])('repeated opening never finds damage (%s)', async (mode) => {
    const folder = scratchFolder();
    const writer = spawn(python!, ['-B', `${FIXTURES}/busy_writer.py`, folder, '0.8', mode]);
    const ended = new Promise<void>((resolve) => writer.on('close', () => resolve()));
    await new Promise((resolve) => writer.stdout.once('data', resolve));
    const outcomes = new Map<string, number>();
    let isOver = false;
    ended.then(() => {
      isOver = true;
    });
    for (let i = 0; !isOver; i++) {
      let outcome = 'read';
      try {
        using reader = openDatumLmdb(folder, { lenient: i % 8 === 0 });
        outcome = reader.damage.length > 0 ? `damage: ${reader.damage[0]!.message}` : 'read';
        if (i % 4 === 0) expect([...reader].length).toBe(200);
        if (i % 97 === 0) expect((await verify(folder)).damage).toEqual([]);
      } catch (error) {
        outcome = error instanceof LmdbDatumError && error.code === 'DATABASE_CHANGED' ? error.code : String(error);
      }
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (i % 50 === 0) await new Promise(setImmediate);
    }
    expect([...outcomes.keys()].filter((outcome) => outcome !== 'DATABASE_CHANGED')).toEqual(['read']);
    expect(outcomes.get('read')).toBeGreaterThan(10);
  });
});
