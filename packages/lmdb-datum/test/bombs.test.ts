/** Images that claim to be huge, in databases and imports: they only cost a line in the report. */
import path from 'node:path';
import { encode } from '@msgpack/msgpack';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { caffeKey, DatumWriter, openDatumLmdb, resizeDatabase, verify } from '../src/entries/index';
import { checkStructure } from '../src/schemas/msgpack-structure';
import { scratchFolder } from './scratch';

const picture = sharp({ create: { width: 7, height: 5, channels: 3, background: '#f80' } });

describe('a database of such images', () => {
  async function database(): Promise<string> {
    const folder = path.join(scratchFolder(), 'db');
    const writer = await DatumWriter.open(folder);
    const files = [await picture.clone().png().toBuffer(), await picture.clone().resize(60, 50).png().toBuffer()];
    for (const [i, data] of files.entries()) await writer.put(caffeKey(i, 'x'), { data, encoded: true, label: 0 });
    await writer.close();
    return folder;
  }
  const tooLarge = /key 00000001_x: its header says 60x50 pixels, more than the limit of 100; raise the limit/;

  it('is read, also in batches, verified and resized up to the limit', async () => {
    const input = await database();
    using reader = openDatumLmdb(input, { maxPixels: 100 });
    await expect(reader.at(1)).rejects.toThrow(tooLarge);
    const batches = reader.batches({ batchSize: 1, resize: { height: 2, width: 2 } });
    await batches.next();
    await expect(batches.next()).rejects.toThrow(tooLarge);
    expect((await verify(input, { images: true, maxPixels: 100 })).damage).toMatchObject([
      { key: '00000001_x', message: expect.stringMatching(tooLarge) },
    ]);
    const options = { input, height: 2, width: 2, workers: 0, maxPixels: 100 };
    await expect(resizeDatabase({ ...options, output: `${input}-a` })).rejects.toThrow(tooLarge);
    expect((await resizeDatabase({ ...options, output: `${input}-b`, lenient: true })).damage.length).toBe(1);
    expect((await resizeDatabase({ ...options, output: `${input}-c`, maxPixels: 3000 })).records).toBe(2);
  });

  it.each([0, -1, 1.5, 2 ** 40, '9' as unknown as number])('does not accept a limit of %j', async (maxPixels) => {
    const input = await database();
    expect(() => openDatumLmdb(input, { maxPixels })).toThrow(/maxPixels: expected a whole number from 1 to 715827882/);
  });
});

describe('MessagePack', () => {
  it.each([
    ['arrays that announce 56,540 elements each', Buffer.alloc(600_000, 0xdc)],
    ['arrays that announce 3.7 billion', Buffer.alloc(5000, 0xdd)],
    ['maps of as many', Buffer.alloc(5000, 0xdf)],
    ['lists in lists', Buffer.alloc(3_000_000, 0x91).fill(0xc0, 2_999_999)],
  ])('of %s costs no memory', async (_, value) => {
    const folder = path.join(scratchFolder(), 'db');
    const writer = await DatumWriter.open(folder);
    await writer.putBytes(Buffer.from('0'), value);
    await writer.close();
    using reader = openDatumLmdb(folder, { schema: 'msgpack:rgb' });
    const before = process.memoryUsage().rss;
    expect(() => reader.at(0)).toThrow('expected MessagePack, received');
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });

  it('of every kind is read as it was written', () => {
    const numbers = [0, -1, 200, -200, 70_000, -70_000, 2 ** 33, -(2 ** 33), 1.5, true, null];
    const long = [20, 300, 70_000].flatMap((size) => ['a'.repeat(size), new Uint8Array(size)]);
    const written = encode([numbers, long, { a: 1, b: [new Date(0), {}] }, Array(20).fill([]), Array(70_000).fill(7)]);
    expect(() => checkStructure(written)).not.toThrow();
    for (let size = 0; size < 400; size++) expect(() => checkStructure(written.subarray(0, size))).toThrow(RangeError);
    expect(() => checkStructure(written.subarray(0, -1))).toThrow(RangeError);
  });
});
