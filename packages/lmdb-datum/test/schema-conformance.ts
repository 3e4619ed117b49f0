/** What holds of every schema: a database that another program wrote reads as that program's own library reads it. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type BoundingBox, type DatumReader, openDatumLmdb, type Sample, verify } from '../src/entries/index';
import { fixture, sha256 } from './golden';

// A worker needs its file.
const built = (await import('../dist/index.js' as string)) as typeof import('../src/entries/index');

interface GoldenImage {
  key: string;
  shape: [number, number, number];
  dtype: 'uint8' | 'float32';
  /** base64 of planar pixels, blue first. */
  pixels: string;
  /** Of an image file that comes out as it is. */
  fileSha256?: string;
  label?: number;
  text?: string;
  boxes?: BoundingBox[];
}

export interface GoldenDatabase {
  schema: string;
  variants?: string[];
  others: number;
  images: GoldenImage[];
}

export const goldenSchemas: Record<string, GoldenDatabase> = JSON.parse(
  fs.readFileSync(fixture('schemas/schemas.json'), 'utf8'),
).databases;

/** Lossy files decode to within this much of what OpenCV makes of them. */
const nearly = 3;

function expectImage({ key, label, text, boxes, data, ...size }: Sample, golden: GoldenImage): void {
  const { shape, dtype, pixels, fileSha256 } = golden;
  expect({ key, label, text, boxes }).toEqual({
    ...{ key: golden.key, label: golden.label, text: golden.text },
    boxes: golden.boxes ?? boxes,
  });
  expect([size.channels, size.height, size.width]).toEqual(shape);
  const bytes = Buffer.from(pixels, 'base64');
  if (dtype === 'float32') {
    expect(data).toEqual(new Float32Array(new Uint8Array(bytes).buffer));
    return;
  }
  const most = Math.max(...[...data].map((value, i) => Math.abs(value - bytes[i]!)));
  expect(most).toBeLessThanOrEqual(fileSha256 === undefined ? 0 : nearly);
}

/** Reads all images by number, and checks them. */
async function expectImages(reader: DatumReader, { images }: GoldenDatabase): Promise<void> {
  expect(reader.length).toBe(images.length);
  for (const [i, golden] of images.entries()) {
    expectImage((await reader.at(i)) as Sample, golden);
    const { data, encoded } = reader.datumAt(i)!;
    expect(encoded).toBe(golden.fileSha256 !== undefined);
    if (golden.fileSha256) expect(sha256(data)).toBe(golden.fileSha256);
  }
}

/**
 * Checks a schema with a database of test/fixtures/schemas.
 *
 * @param name Of the database, and of its entry in schemas.json.
 */
export function describeSchema(name: string): void {
  const golden = goldenSchemas[name]!;
  const path = fixture(`schemas/${name}.lmdb`);
  const { schema, variants, images, others } = golden;

  describe(`${schema}, by ${name}`, () => {
    it('is told, and counts images alone', () => {
      using reader = openDatumLmdb(path);
      expect(reader.schema.name).toBe(schema);
      expect(reader.schema.told.length).toBeGreaterThan(5);
      if (variants) expect(reader.schema.variants?.names).toEqual(variants);
      expect(reader.info).toMatchObject({ count: images.length, ...(others > 0 && { others }) });
      const keys = images.map(({ key }) => key);
      expect([...reader.keys()]).toEqual(keys);
      expect([...reader].map(({ key, datum }) => [key, datum.label])).toEqual(
        images.map(({ key, label }) => [key, label]),
      );
      expect([reader.firstKey, reader.lastKey, reader.keyAt(1)]).toEqual([keys[0], keys.at(-1), keys[1]]);
    });

    it.each([{}, { schema }, { lenient: true }])('gives each image with what belongs to it (%j)', async (options) => {
      using reader = openDatumLmdb(path, options);
      await expectImages(reader, golden);
      expect(reader.damage).toEqual([]);
    });

    it.each([0, 1])('makes batches (workers: %i)', async (workers) => {
      using reader = built.openDatumLmdb(path);
      const resize = { height: 4, width: 4 };
      // Floats from 0 to 1 are no bytes, which resizing takes.
      if (images.some(({ dtype }) => dtype === 'float32')) return;
      for await (const { labels, shape } of reader.batches({ batchSize: 64, channels: 3, resize, workers })) {
        expect([...labels]).toEqual(images.map(({ label }) => label ?? 0));
        expect(shape).toEqual([images.length, 4, 4, 3]);
      }
    });

    it('is sound, and says so by its name', async () => {
      const report = await verify(path);
      expect(report.damage).toEqual([]);
      expect(report.databases).toMatchObject([{ schema: { name: schema }, readable: images.length }]);
    });
  });
}
