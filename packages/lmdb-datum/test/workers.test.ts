/** What runs on worker threads, on the built package: a worker needs its file. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type BatchOptions, type ConvertProgress, openDatumLmdb } from '../src/entries/index';
import { fixture, sha256 } from './golden';
import { scratchFolder, writeDatabase } from './scratch';

const built = (await import('../dist/index.js' as string)) as typeof import('../src/entries/index');
const IMAGES = `${fixture('images')}/`;

/** The contents of a database, as text. */
function contents(folder: string): string[] {
  using reader = openDatumLmdb(folder);
  return [...reader].map(({ key, datum }) => `${key} ${datum.label} ${datum.encoded} ${sha256(datum.data)}`);
}

describe('batches with workers', () => {
  it.each<[string, string, Partial<BatchOptions>]>([
    ['raw', 'overflow', { crop: { height: 30, width: 30, random: true }, mirror: true, scale: 1 / 256 }],
    ['all kinds of', 'variants', { resize: { height: 9, width: 7 }, channels: 3, dtype: 'uint8' }],
  ])('of %s records are the same, in the same order', async (_, name, options) => {
    const collect = async (workers: number) => {
      const reader = built.openDatumLmdb(fixture(`${name}.mdb`), { lenient: true });
      const batches = [];
      for await (const batch of reader.batches({ batchSize: 4, shuffle: 3, epochs: 2, workers, ...options })) {
        batches.push([
          batch.epoch,
          [...batch.indices],
          [...batch.labels],
          batch.shape,
          sha256(Buffer.from(batch.data.buffer, batch.data.byteOffset, batch.data.byteLength)),
        ]);
      }
      const damage = reader.damage.map(({ key }) => key).sort();
      reader.close();
      return { batches, damage };
    };
    const expected = await collect(0);
    expect(expected.batches.length).toBeGreaterThan(6);
    expect(await collect(3)).toEqual(expected);
  });

  it('stay in reused memory until the next, of which each worker needs three blocks', async () => {
    using reader = built.openDatumLmdb(fixture('overflow.mdb'));
    const options = { batchSize: 2, epochs: 40, shuffle: 1, crop: { height: 30, width: 30 } };
    const expected: string[] = [];
    for await (const { data } of reader.batches(options)) expected.push(sha256(data));
    const seen: string[] = [];
    const blocks = new Set<number>();
    for await (const { data } of reader.batches({ ...options, workers: 3, reuse: true })) {
      // Others are finished meanwhile.
      if (seen.length % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      seen.push(sha256(data));
      blocks.add(data.byteOffset);
    }
    expect(seen).toEqual(expected);
    expect(blocks.size).toBe(3);
  });

  it('throw the same errors as without workers', async () => {
    const reader = built.openDatumLmdb(fixture('variants.mdb'));
    const stream = reader.batches({ batchSize: 2, workers: 2 });
    const error = await stream.next().catch((caught) => caught);
    expect(error).toBeInstanceOf(built.MixedSizesError);
    expect(error).toMatchObject({ code: 'MIXED_SIZES', key: '00000001_gray.png' });
    expect(error.message).toMatch(/^\[lmdb-datum\] key 00000001_gray\.png: expected 3x8x6/);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    reader.close();
  });
});

describe('convertImageset with workers', () => {
  const names = fs.readdirSync(IMAGES);

  it('writes the same as without workers', async () => {
    const folder = scratchFolder();
    const list = `${folder}/list.txt`;
    fs.writeFileSync(list, [...names, 'missing.png', ...names].map((name, i) => `${name} ${i}\n`).join(''));
    const convert = async (workers: number, options: object) => {
      const output = `${folder}/db${workers}`;
      const { records, skipped } = await built.convertImageset({
        input: IMAGES,
        list,
        output,
        workers,
        shuffle: 2,
        ...options,
      });
      const written = { records, skipped: skipped.map(({ name }) => name), contents: contents(output) };
      fs.rmSync(output, { recursive: true });
      return written;
    };
    for (const options of [{ resizeHeight: 20, resizeWidth: 20 }, { encodeType: 'png' }, { gray: true }]) {
      const expected = await convert(0, options);
      expect(expected.records).toBe(2 * names.length);
      expect(expected.skipped).toEqual(['missing.png']);
      expect(await convert(2, options)).toEqual(expected);
    }
  });

  it('uses threads that were started before', async () => {
    const folder = scratchFolder();
    const program = `
      const { convertImageset, prepareConvert, startConvertThreads } = require(${JSON.stringify(path.resolve('dist/convert.cjs'))});
      const started = startConvertThreads();
      const [, input, output] = process.argv;
      const convert = async () => {
        await Promise.all([prepareConvert(), started, startConvertThreads()]);
        console.log((await convertImageset({ input, output, gray: true })).records);
      };
      if (output) convert();`;
    const run = (...args: string[]) => spawnSync(process.execPath, ['-e', program, ...args], { encoding: 'utf8' });
    const { stdout, stderr, status } = run(IMAGES, `${folder}/db`);
    expect([stdout, stderr, status]).toEqual([`${names.length}\n`, '', 0]);
    await built.convertImageset({ input: IMAGES, output: `${folder}/expected`, gray: true, workers: 0 });
    expect(contents(`${folder}/db`)).toEqual(contents(`${folder}/expected`));
    // Nothing waits for threads that nobody uses.
    expect(run().status).toBe(0);
  });

  it('continues where it was stopped, as if it had never been stopped', async () => {
    const folder = scratchFolder();
    const list = `${folder}/list.txt`;
    fs.writeFileSync(
      list,
      Array.from({ length: 1500 }, (_, i) => `${i % 50 === 7 ? 'missing' : 'one-row'}.png ${i}\n`).join(''),
    );
    const options = { input: IMAGES, list, output: `${folder}/db`, workers: 2, shuffle: 4 };
    await built.convertImageset({ ...options, output: `${folder}/whole` });
    const stopAt = async (done: number) => {
      const controller = new AbortController();
      const onProgress = (progress: ConvertProgress) => progress.done >= done && controller.abort(new Error('stop'));
      await expect(
        built.convertImageset({ ...options, resume: true, signal: controller.signal, onProgress }),
      ).rejects.toThrow('stop');
      expect(fs.existsSync(`${folder}/db`)).toBe(false);
    };
    const journal = `${folder}/db.partial/convert-imageset.json`;
    await stopAt(100);
    const early = fs.readFileSync(journal);
    await stopAt(1100);
    // As if it had been killed between a commit and recording it.
    fs.writeFileSync(journal, early);
    await expect(built.convertImageset({ ...options, gray: true, resume: true })).rejects.toThrow(
      /contains the work of an import of other options/,
    );
    const report = await built.convertImageset({ ...options, resume: true });
    expect(contents(`${folder}/db`)).toEqual(contents(`${folder}/whole`));
    expect([report.records, report.skipped.length]).toEqual([1470, 30]);
    expect(fs.readdirSync(folder).sort()).toEqual(['db', 'list.txt', 'whole']);
    expect(fs.readdirSync(`${folder}/db`)).toEqual(['data.mdb']);
  });
});

describe('lenient batches', () => {
  it('skip damaged records, count them, and keep the rest', async () => {
    const pixel = (value: number) => ({ channels: 1, height: 1, width: 1, data: Uint8Array.of(value), label: value });
    const file = { data: Buffer.from('not an image'), encoded: true };
    const folder = await writeDatabase([file, pixel(1), file, pixel(3), file, file, pixel(6)]);
    using reader = openDatumLmdb(folder, { lenient: true });
    const batches = [];
    for await (const { size, indices, data, labels } of reader.batches({ batchSize: 2, padLast: true })) {
      batches.push([size, [...indices], [...data], [...labels]]);
    }
    expect(batches).toEqual([
      [1, [1], [1], [1]],
      [1, [3], [3], [3]],
      [1, [6], [6, 0], [6, 0]],
    ]);
    // In the order in which decoding finished.
    expect(reader.damage.map(({ key }) => key).sort()).toEqual([
      '00000000_x',
      '00000002_x',
      '00000004_x',
      '00000005_x',
    ]);
    using strict = openDatumLmdb(folder);
    await expect(strict.batches({ batchSize: 2 }).next()).rejects.toMatchObject({ code: 'BAD_IMAGE' });
  });
});
