/** A writer that is killed at any moment, and large trees. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { hasLmdbTools } from '@ae/testing/programs';
import { findPython, runPython } from '@ae/testing/python';
import { randomOf, testSeed } from '@ae/testing/random';
import { describe, expect, it } from 'vitest';
import { DatumWriter, openDatumLmdb, verify } from '../src/entries/index';
import { fixture } from './golden';
import { scratchFolder } from './scratch';

const built = new URL('../dist/index.js', import.meta.url).href;

/** Appends until it is killed, and prints the number of records after each commit. */
const program = `
  const { DatumWriter } = await import(${JSON.stringify(built)});
  const folder = process.argv[1];
  const { existsSync, writeSync } = await import('node:fs');
  const mode = existsSync(folder) ? 'append' : 'create';
  const writer = await DatumWriter.open(folder, { mode, recordsPerCommit: 1e6 });
  for (;;) {
    const batch = 1 + writer.count % 37;
    for (let i = 0; i < batch; i++) {
      const n = writer.count;
      await writer.putBytes(String(n).padStart(9, '0'), Buffer.alloc((n * 7919) % 9001, n % 251));
    }
    await writer.commit();
    writeSync(1, writer.count + '\\n');
  }`;

/** Returns the number of records that were certainly committed. */
function killAfter(folder: string, ms: number): Promise<number> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, folder]);
  let said = '';
  let errors = '';
  child.stdout.on('data', (text) => {
    // Starting takes longer than the work to interrupt.
    if (said === '') setTimeout(() => child.kill('SIGKILL'), ms);
    said += text;
  });
  child.stderr.on('data', (text) => {
    errors += text;
  });
  return new Promise((resolve, reject) => {
    child.on('close', (_, signal) => {
      if (signal === 'SIGKILL') resolve(Number(said.trim().split('\n').at(-1)));
      else reject(new Error(errors));
    });
  });
}

describe('a writer that is killed', () => {
  it('200 times keeps everything that was committed, and the next one continues', async () => {
    const random = randomOf(testSeed);
    let folder = '';
    for (let kills = 0; kills < 200; kills++) {
      // Each database has its writer killed ten times in a row.
      if (kills % 10 === 0) folder = path.join(scratchFolder(), 'db');
      const committed = await killAfter(folder, random(30));
      using reader = openDatumLmdb(folder);
      expect(reader.length).toBeGreaterThanOrEqual(committed);
      let n = 0;
      for (const key of reader.keys()) {
        expect(key).toBe(String(n).padStart(9, '0'));
        expect(Buffer.compare(reader.getBytes(key) ?? Buffer.of(), Buffer.alloc((n * 7919) % 9001, n % 251))).toBe(0);
        n++;
      }
      const { damage } = await verify(folder, { images: false });
      expect(damage.filter(({ key }) => key === undefined)).toEqual([]);
    }
  }, 600_000);
});

const python = findPython(['lmdb'], 'comparing large trees with py-lmdb');

describe('a tree of 10^5 small records', () => {
  it.runIf(python && hasLmdbTools('checking large trees'))(
    'is three levels deep, and as large as py-lmdb makes it',
    async () => {
      const folder = scratchFolder();
      const ours = path.join(folder, 'ours');
      const recordsPerCommit = 1000;
      const writer = await DatumWriter.open(ours, { recordsPerCommit });
      for (let i = 0; i < 100_000; i++) await writer.putBytes(String(i).padStart(20, '0'), Buffer.from(`v${i}`));
      await writer.close();
      const bytes = fs.statSync(path.join(ours, 'data.mdb')).size;
      const { damage } = await verify(ours);
      expect(damage.filter(({ key }) => key === undefined)).toEqual([]);
      const list = path.join(folder, 'cases.json');
      fs.writeFileSync(list, JSON.stringify([{ ours, peer: path.join(folder, 'peer'), recordsPerCommit }]));
      const [found] = runPython<{ stat: object; peerBytes: number; after: number }[]>(
        python!,
        fixture('append_peer.py'),
        list,
      );
      expect(found).toMatchObject({ stat: { depth: 3, entries: 100_000 }, after: 100_003 });
      expect(bytes).toBeLessThanOrEqual(found!.peerBytes * 1.01);
    },
    60_000,
  );
});
