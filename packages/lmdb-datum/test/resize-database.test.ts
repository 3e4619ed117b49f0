import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  DatumWriter,
  openDatumLmdb,
  type ResizeOptions,
  resizeDatabase as resizeWithWorkers,
} from '../src/entries/index';
import { fixture } from './golden';
import { scratchFolder } from './scratch';

/** Run from its sources, the package has no worker file; test/package.test.ts tests threads. */
const resizeDatabase = (options: ResizeOptions) => resizeWithWorkers({ workers: 0, ...options });

interface Packed {
  shape: [channels: number, height: number, width: number];
  pixelsChwBgr: string;
}

const golden: Record<string, { color: Packed; resized?: Packed[] }> = JSON.parse(
  fs.readFileSync(fixture('images.json'), 'utf8'),
).images;
/** Images with the results of cv::resize. */
const pictures = Object.entries(golden).flatMap(([name, { color, resized }]) =>
  resized ? [{ name, color, small: resized[0]! }] : [],
);
const [, height, width] = pictures[0]!.small.shape;
const bytesOf = ({ pixelsChwBgr }: Packed) => Buffer.from(pixelsChwBgr, 'base64');

/** A key that is not UTF-8, as in names of old files. */
const latin1 = Buffer.from('00000099_caf\xe9.jpg', 'latin1');

/** Raw records as OpenCV decodes the golden images, and one image file. */
async function makeDatabase(): Promise<{ input: string; folder: string }> {
  const folder = scratchFolder();
  const input = path.join(folder, 'mixed');
  const writer = await DatumWriter.open(input);
  for (const [i, { name, color }] of pictures.entries()) {
    const [channels, height, width] = color.shape;
    await writer.put(`0000000${i}_${name}`, { channels, height, width, data: bytesOf(color), label: i - 1 });
  }
  const file = fs.readFileSync(fixture('images/color.png'));
  await writer.put(latin1, { data: file, encoded: true, label: 7 });
  await writer.close();
  return { input, folder };
}

describe('resizeDatabase', () => {
  it('gives the pixels of cv::resize, with the original keys and labels', async () => {
    const { input, folder } = await makeDatabase();
    const output = path.join(folder, 'small');
    const report = await resizeDatabase({ input, output, height, width, resampler: 'bilinear' });
    expect(report).toMatchObject({ output, records: pictures.length + 1, damage: [] });
    using reader = openDatumLmdb(output);
    for (const [i, { name, small }] of pictures.entries()) {
      const datum = reader.get(`0000000${i}_${name}`);
      expect(datum).toMatchObject({ channels: 3, height, width, label: i - 1, encoded: false });
      expect(Buffer.from(datum!.data).equals(bytesOf(small)), name).toBe(true);
    }
    const encoded = reader.get(latin1);
    expect(encoded).toMatchObject({ channels: 3, height, width, label: 7, encoded: false });
    expect(Buffer.from(encoded!.data).equals(bytesOf(golden['color.png']!.resized![0]!))).toBe(true);
  });

  it('stops at damage, or reports what it skipped', async () => {
    const { input, folder } = await makeDatabase();
    const writer = await DatumWriter.open(input, { mode: 'append' });
    await writer.put('99_broken', { data: Buffer.from('no image'), encoded: true });
    await writer.close();
    const output = path.join(folder, 'small');
    await expect(resizeDatabase({ input, output, height, width })).rejects.toThrow(/key 99_broken: expected/);
    expect(fs.readdirSync(folder)).toEqual(['mixed']);
    const { records, damage } = await resizeDatabase({ input, output, height, width, lenient: true });
    expect(records).toBe(pictures.length + 1);
    expect(damage).toMatchObject([{ key: '99_broken' }]);
  });

  it('leaves nothing behind when stopped, and replaces no database but its own', async () => {
    const { input, folder } = await makeDatabase();
    const output = path.join(folder, 'small');
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    await expect(resizeDatabase({ input, output, height, width, signal: stop.signal })).rejects.toThrow('enough');
    expect(fs.readdirSync(folder)).toEqual(['mixed']);
    await expect(resizeDatabase({ input, output: input, height, width })).rejects.toThrow(
      /already exists; delete it, or choose another output/,
    );
    await expect(resizeDatabase({ input, output, height: 0, width })).rejects.toThrow(/resize\.height: expected/);
    await expect(resizeDatabase({ input: folder, output, height, width })).rejects.toThrow(/contains no data\.mdb/);
    expect(fs.readdirSync(folder)).toEqual(['mixed']);
  });
});
