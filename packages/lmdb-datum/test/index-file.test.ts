import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DatumWriter, openDatumLmdb } from '../src/entries/index';
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

  it('is written again after a commit, if it is damaged, and if it belongs to another database', async () => {
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

  it('that cannot be written is an error that says what to do, and leaves nothing behind', () => {
    const folder = copyOf('overflow');
    using reader = openDatumLmdb(folder, { indexFile: path.join(folder, 'no/such/folder/index') });
    expect(() => reader.at(0)).toThrow(/the key index cannot be written \(ENOENT.*choose a writable place/);
    expect(fs.readdirSync(folder)).toEqual(['data.mdb']);
  });

  it('that was forged is not trusted: whatever it contains, it is written again or refused', async () => {
    const folder = copyOf('overflow');
    const file = path.join(folder, 'data.mdb.index');
    const before = readByNumber(folder, true);
    const sound = fs.readFileSync(file);
    const head = 19 + 32;
    const [records, runs] = [0, 8].map((at) => Number(sound.readBigUInt64LE(head + at))) as [number, number];
    const pages = head + 24;
    const starts = pages + records * 8 + runs * 8;
    const forge = (change: (bytes: Buffer) => void) => {
      const bytes = Buffer.from(sound);
      change(bytes);
      createHash('sha256')
        .update(bytes.subarray(0, -32))
        .digest()
        .copy(bytes, bytes.length - 32);
      fs.writeFileSync(file, bytes);
    };
    for (const change of [
      (bytes: Buffer) => bytes.writeBigUInt64LE(2n ** 63n, head),
      (bytes: Buffer) => bytes.writeBigUInt64LE(2n ** 40n, head + 8),
      (bytes: Buffer) => bytes.writeBigUInt64LE(3n, head + 16),
      (bytes: Buffer) => bytes.writeUInt32LE(0xfffffff0, pages),
      (bytes: Buffer) => bytes.writeUInt32LE(bytes.readUInt32LE(pages), pages + 4),
      (bytes: Buffer) => bytes.writeUInt32LE(0x7fffffff, pages + 4 * records),
      (bytes: Buffer) => bytes.writeDoubleLE(Number.NaN, pages + 8 * records),
      (bytes: Buffer) => bytes.writeDoubleLE(1e300, pages + 8 * records),
      (bytes: Buffer) => bytes.writeDoubleLE(-1, starts),
      (bytes: Buffer) => bytes.writeUInt32LE(77, starts + 8 * runs),
    ]) {
      forge(change);
      expect(readByNumber(folder, true)).toEqual(before);
    }
    expect(fs.readFileSync(file).equals(sound)).toBe(true);
    // What only the leaf itself can reveal.
    forge((bytes) => bytes.writeDoubleLE(bytes.readUInt32LE(pages), pages + 8 * records));
    let error: unknown;
    try {
      expect(readByNumber(folder, true)).toEqual(before);
    } catch (caught) {
      error = caught;
    }
    if (error) expect(error).toMatchObject({ code: 'CORRUPT_DATABASE' });
  });

  it('of another kind is refused and not changed; so are pipes, devices, folders and cyclic links', () => {
    const folder = copyOf('overflow');
    const other = path.join(scratchFolder(), 'photo.jpg');
    fs.writeFileSync(other, 'a photograph that nobody wants to lose');
    const pipe = `${other}.pipe`;
    execFileSync('mkfifo', [pipe]);
    const loop = `${other}.loop`;
    fs.symlinkSync(loop, loop);
    for (const [file, said] of [
      [
        other,
        /photo\.jpg: expected a key index, or no file, received a file that is of another kind; choose another file/,
      ],
      [pipe, /that is a pipe/],
      ['/dev/zero', /that is a device/],
      [folder, /that is a folder/],
      [loop, /is a link that leads back to itself/],
    ] as const) {
      using reader = openDatumLmdb(folder, { indexFile: file });
      expect(() => reader.at(0)).toThrow(said);
    }
    expect(fs.readFileSync(other, 'utf8')).toMatch(/^a photograph/);
  });
});
