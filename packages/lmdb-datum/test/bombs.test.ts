/** Images that claim to be huge, in databases and imports: they cost nothing but a line in the report. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { caffeKey, convertImageset, DatumWriter, openDatumLmdb, resizeDatabase, verify } from '../src/index';
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
  const tooLarge = /key 00000001_x: its header says 60x50 pixels, more than the limit of 100; raise maxPixels/;

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

it('many large images at once take no more memory than a few', async () => {
  const folder = scratchFolder();
  // 16 megapixels in 16 KB each: twelve of them at once would take 576 MB as pixels alone, and as much as Datums.
  const file = await sharp({ create: { width: 4000, height: 4000, channels: 3, background: '#123' } })
    .png({ palette: true, compressionLevel: 9 })
    .toBuffer();
  for (let i = 0; i < 12; i++) fs.writeFileSync(path.join(folder, `${i}.png`), file);
  const script = `
    const { convertImageset } = await import(${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)});
    const { records } = await convertImageset(${JSON.stringify({ input: folder, output: `${folder}-db`, resizeHeight: 8, resizeWidth: 8 })});
    console.log(records, process.resourceUsage().maxRSS >> 10);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  fs.rmSync(`${folder}-db`, { recursive: true, force: true });
  const [records, mebibytes] = stdout.split(' ').map(Number);
  expect(records, stderr).toBe(12);
  expect(mebibytes).toBeLessThan(900);
});

it('images whose messages have no room wait until they are written', async () => {
  const folder = scratchFolder();
  const file = await picture.clone().resize(2500, 2500).png().toBuffer();
  for (let i = 0; i < 12; i++) fs.writeFileSync(path.join(folder, `${String(i).padStart(2, '0')}.png`), file);
  const output = path.join(scratchFolder(), 'db');
  const { records } = await convertImageset({ input: folder, output, workers: 0 });
  using reader = openDatumLmdb(output);
  expect([records, [...reader.keys()].length]).toEqual([12, 12]);
  expect(reader.datumAt(11)).toMatchObject({ height: 2500, width: 2500, label: 0 });
}, 30_000);
