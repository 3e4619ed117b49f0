/** Images that claim to be huge, in databases and imports: they cost nothing but a line in the report. */
import path from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { caffeKey, DatumWriter, openDatumLmdb, resizeDatabase, verify } from '../src/entries/index';
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

  it('is read, in batches too, verified and resized up to the limit', async () => {
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

  it.each([0, -1, 1.5, 2 ** 40, '9' as unknown as number])('takes no limit of %j', async (maxPixels) => {
    const input = await database();
    expect(() => openDatumLmdb(input, { maxPixels })).toThrow(/maxPixels: expected a whole number from 1 to 715827882/);
  });
});
