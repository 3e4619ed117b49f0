import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DatumWriter, openDatumLmdb } from '../src/index';
import { fixture, golden, sha256 } from './golden';
import { scratchFolder } from './scratch';

/** A copy of a golden database in a folder of its own. */
function copyOf(name: string): string {
  const folder = scratchFolder();
  fs.copyFileSync(fixture(`${name}.mdb`), path.join(folder, 'data.mdb'));
  return folder;
}

function readByNumber(folder: string, indexFile: string | true): string[] {
  using reader = openDatumLmdb(folder, { indexFile });
  return Array.from({ length: reader.length }, (_, i) => `${reader.keyAt(i)} ${sha256(reader.datumAt(i)!.data)}`);
}

describe('an index file', () => {
  it.each(['overflow', 'deep', 'churned', 'v2'])('of %s is written once and gives the same records', (name) => {
    const folder = copyOf(name);
    const file = path.join(folder, 'data.mdb.index');
    const first = readByNumber(folder, true);
    if (name !== 'v2')
      expect(first.map((line) => line.split(' ').at(-1))).toEqual(
        golden(name).records.map(({ dataSha256 }) => dataSha256),
      );
    const { mtimeMs } = fs.statSync(file);
    expect(readByNumber(folder, true)).toEqual(first);
    expect(fs.statSync(file).mtimeMs).toBe(mtimeMs);
    expect(fs.readdirSync(folder).sort()).toEqual(['data.mdb', 'data.mdb.index']);
  });

  it('is made anew after a commit, when it is damaged, and when it is of another database', async () => {
    const folder = copyOf('overflow');
    const file = path.join(scratchFolder(), 'my.index');
    const before = readByNumber(folder, file);
    for (const change of [
      (bytes: Buffer) => bytes.subarray(0, 50),
      (bytes: Buffer) => bytes.fill(1, 90, 94),
      () => Buffer.from('x'),
    ]) {
      fs.writeFileSync(file, change(fs.readFileSync(file)));
      expect(readByNumber(folder, file)).toEqual(before);
    }
    const other = copyOf('churned');
    expect(readByNumber(other, file).length).toBe(golden('churned').records.length);
    expect(readByNumber(folder, file)).toEqual(before);
    const writer = await DatumWriter.open(folder, { mode: 'append' });
    await writer.put('0', { channels: 1, height: 1, width: 1, data: Uint8Array.of(1) });
    await writer.close();
    expect(readByNumber(folder, file).length).toBe(before.length + 1);
  });

  it('that can not be written is an error that says what to do, and leaves nothing', () => {
    const folder = copyOf('overflow');
    using reader = openDatumLmdb(folder, { indexFile: path.join(folder, 'no/such/folder/index') });
    expect(() => reader.at(0)).toThrow(/expected to write the key index, received ENOENT.*keep it in a place/);
    expect(fs.readdirSync(folder)).toEqual(['data.mdb']);
  });
});
