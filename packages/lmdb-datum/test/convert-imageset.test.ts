import fs from 'node:fs';
import path from 'node:path';
import { listImageFolder } from '@ae/images/files';
import sharp from 'sharp';
import { describe, expect, it, vi } from 'vitest';
import { atoi, parseImageList } from '../src/convert/image-list';
import {
  type ConvertOptions,
  convertImageset as convertWithWorkers,
  openDatumLmdb,
  type Sample,
} from '../src/entries/index';
import { fixture } from './golden';
import { scratchFolder } from './scratch';

/** Run from its sources, the package has no worker file; test/package.test.ts tests threads. */
const convertImageset = (options: ConvertOptions) => convertWithWorkers({ workers: 0, ...options });

const { images } = JSON.parse(fs.readFileSync(fixture('images.json'), 'utf8'));
const IMAGES = `${fixture('images')}/`;

/** Writes a list file into a scratch folder, converts it there and returns all results. */
async function convert(list: string | undefined, options: Partial<ConvertOptions> = {}) {
  const folder = scratchFolder();
  const output = path.join(folder, 'db');
  if (list !== undefined) fs.writeFileSync(path.join(folder, 'list.txt'), list);
  const report = await convertImageset({
    input: IMAGES,
    ...(list !== undefined && { list: path.join(folder, 'list.txt') }),
    output,
    ...options,
  });
  using reader = openDatumLmdb(output);
  return { report, output, entries: [...reader.entries()] };
}

describe('a list file', () => {
  it('is split and numbered as in convert_imageset', () => {
    const text = 'a.png 1\r\nb c.png -2\nno-label.png\n\nd.png\t7\ne.png  3\nf.png 4 \ng.png 9x\nh.png x9\n';
    expect(parseImageList(text, 'root/').map(({ name, label }) => [name, label])).toEqual([
      ['a.png', 1],
      ['b c.png', -2],
      ['no-label.png', 0],
      ['', 0],
      ['d.png\t7', 0],
      ['e.png ', 3],
      ['f.png 4', 0],
      ['g.png', 9],
      ['h.png', 0],
    ]);
    expect(parseImageList('x.png 1', 'prefix-')[0]!.path).toBe('prefix-x.png');
  });

  it.each([
    ['7', 7],
    [' \t+12abc', 12],
    ['-3.9', -3],
    ['', 0],
    ['- 1', 0],
    ['2147483648', -2147483648],
    ['99999999999999999999', -1],
  ])('atoi(%j) is %i, as in C', (text, value) => {
    expect(atoi(text)).toBe(value);
  });

  it('becomes records with its names, its labels and gaps for files that could not be read', async () => {
    const { report, entries } = await convert('color.png 3\nmissing.png 1\nalpha.png -4\ncolor.jpg 9\r\n');
    expect(entries.map(({ key, datum }) => [key, datum.label])).toEqual([
      ['00000000_color.png', 3],
      ['00000002_alpha.png', -4],
      ['00000003_color.jpg', 9],
    ]);
    expect(report).toMatchObject({ records: 3, ignored: [] });
    expect(report.skipped).toEqual([
      {
        name: 'missing.png',
        reason: `${IMAGES}missing.png does not exist (line 2 of the list).`,
      },
    ]);
  });

  it('may have blank lines, which are skipped but counted', async () => {
    const { report, entries } = await convert('\ncolor.png 3\n');
    expect(entries.map(({ key }) => key)).toEqual(['00000001_color.png']);
    expect(report.skipped).toEqual([{ name: '', reason: `${IMAGES}: a blank line in the list.` }]);
  });

  it('stores the planar BGR bytes that Caffe stores through OpenCV, in color and gray', async () => {
    const names = Object.keys(images);
    const list = names.map((name, i) => `${name} ${i}`).join('\n');
    for (const gray of [false, true]) {
      const { entries } = await convert(list, { gray });
      expect(entries.length).toBe(names.length);
      for (const { key, datum } of entries) {
        const { shape, pixelsChwBgr } = images[key.slice(9)][gray ? 'gray' : 'color'];
        expect([datum.channels, datum.height, datum.width]).toEqual(shape);
        if (!gray) expect(Buffer.from(datum.data).toString('base64')).toBe(pixelsChwBgr);
      }
    }
  });

  it('is resized to the bytes that Caffe stores', async () => {
    const { entries } = await convert('color.png 0\npalette.png 1\n', {
      resizeHeight: 40,
      resizeWidth: 50,
      resampler: 'bilinear',
    });
    for (const { key, datum } of entries) {
      const expected = images[key.slice(9)].resized.find(({ shape }: { shape: number[] }) => shape[1] === 40);
      expect(Buffer.from(datum.data).toString('base64')).toBe(expected.pixelsChwBgr);
    }
  });
});

describe('a folder', () => {
  /** root/{b/x.png, a/sub/y.jpg, a/z.txt, .hidden/h.png, loose.png} */
  function classFolders(): string {
    const root = scratchFolder();
    for (const name of ['a/sub', 'b', '.hidden']) fs.mkdirSync(path.join(root, name), { recursive: true });
    for (const name of ['b/x.png', 'a/sub/y.png', '.hidden/h.png', 'loose.png', 'b/ä ö.PNG']) {
      fs.copyFileSync(fixture('images/color.png'), path.join(root, name));
    }
    fs.writeFileSync(path.join(root, 'a/z.txt'), 'no image');
    return root;
  }

  it('gives each class folder a label in the order of names', async () => {
    const { report, entries } = await convert(undefined, { input: classFolders() });
    expect(report.classes).toEqual([
      { name: 'a', label: 0 },
      { name: 'b', label: 1 },
    ]);
    expect(report.ignored).toEqual(['loose.png', '.hidden/', 'a/z.txt']);
    expect(entries.map(({ key, datum }) => [key, datum.label])).toEqual([
      ['00000000_a/sub/y.png', 0],
      ['00000001_b/x.png', 1],
      ['00000002_b/ä ö.PNG', 1],
    ]);
  });

  it('without class folders is one class', () => {
    const { images: found, classes } = listImageFolder(IMAGES);
    expect(found.length).toBe(Object.keys(images).length);
    expect([classes, new Set(found.map(({ label }) => label))]).toEqual([undefined, new Set([0])]);
  });

  it('is shuffled by seed: the same seed gives the same order, another seed another one', async () => {
    const keys = async (shuffle: number) => (await convert(undefined, { shuffle })).entries.map(({ key }) => key);
    const [first, again, other] = [await keys(1), await keys(1), await keys(2)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    const names = (all: string[]) => all.map((key) => key.slice(9)).sort();
    expect(names(other)).toEqual(names(first));
    expect(first.map((key) => Number(key.slice(0, 8)))).toEqual(first.map((_, i) => i));
  });
});

describe('encoded records', () => {
  it('contain the original file if nothing has to change, whatever the case of its extension', async () => {
    const { entries } = await convert('color.png 1\nsubsampled.JPEG 2\n', { encoded: true });
    for (const { key, datum } of entries) {
      expect(datum).toMatchObject({ encoded: true, channels: 0, height: 0, width: 0 });
      expect(Buffer.from(datum.data).equals(fs.readFileSync(IMAGES + key.slice(9)))).toBe(true);
    }
  });

  it('are encoded again after a resize or for another type, and decode to the image', async () => {
    const { entries, output } = await convert('color.png 1\ncolor.jpg 2\n', {
      encodeType: 'png',
      resizeHeight: 12,
      resizeWidth: 16,
      resampler: 'bilinear',
    });
    for (const { datum } of entries) {
      expect(datum.encoded).toBe(true);
      expect((await sharp(datum.data).metadata()).format).toBe('png');
    }
    using reader = openDatumLmdb(output);
    const sample = (await reader.at(0)) as Sample;
    expect(Buffer.from(sample.data).toString('base64')).toBe(images['color.png'].resized[0].pixelsChwBgr);
    const { entries: jpegs } = await convert('color.png 1\n', { encodeType: 'jpg' });
    expect((await sharp(jpegs[0]!.datum.data).metadata()).format).toBe('jpeg');
    const { entries: grays } = await convert('color.jpg 1\n', { encodeType: 'png', gray: true });
    expect((await sharp(grays[0]!.datum.data).metadata()).channels).toBe(1);
  });
});

describe('encoded records that are to be gray or of another type', () => {
  it('are gray, and files that are stay as they are', async () => {
    const list = ['color.jpg', 'color.png', 'lossless.webp', 'gray.jpg', 'gray.png']
      .map((name) => `${name} 0\n`)
      .join('');
    const { entries } = await convert(list, { encoded: true, gray: true });
    for (const { key, datum } of entries) {
      const file = fs.readFileSync(IMAGES + key.slice(9));
      const { channels, space } = await sharp(datum.data).metadata();
      expect([key, channels, space]).toEqual([key, 1, 'b-w']);
      expect(Buffer.from(datum.data).equals(file), key).toBe(key.includes('gray'));
    }
  });

  it('have the requested type, whatever their names say', async () => {
    const folder = scratchFolder();
    fs.copyFileSync(`${IMAGES}color.jpg`, path.join(folder, 'a.png'));
    const { entries } = await convert('a.png 0\n', { input: `${folder}/`, encodeType: 'png' });
    expect((await sharp(entries[0]!.datum.data).metadata()).format).toBe('png');
  });
});

/** As `cv2.imdecode` reads such records. */
describe('encoded records of images that are to be rotated', () => {
  const names = Object.keys(images).filter((name) => name.startsWith('exif-'));

  it('are the files themselves, and are read upright', async () => {
    const { output, entries } = await convert(names.map((name) => `${name} 0\n`).join(''), { encoded: true });
    using reader = openDatumLmdb(output);
    for (const [i, name] of names.entries()) {
      expect(Buffer.from(entries[i]!.datum.data).equals(fs.readFileSync(IMAGES + name)), name).toBe(true);
      const { channels, height, width, data } = (await reader.at(i)) as Sample;
      const { shape, pixelsChwBgr } = images[name].color;
      expect([name, channels, height, width]).toEqual([name, ...shape]);
      expect(Buffer.from(data as Uint8Array).equals(Buffer.from(pixelsChwBgr, 'base64')), name).toBe(true);
    }
  });

  it.each(['uint8', 'float32'] as const)('are upright in batches of %s', async (dtype) => {
    const layouts = [
      { layout: 'NCHW', channelOrder: 'bgr' },
      { layout: 'NHWC', channelOrder: 'rgb' },
    ] as const;
    for (const name of names) {
      const { output } = await convert(`${name} 0\n`, { encoded: true });
      using reader = openDatumLmdb(output);
      const { channels, height, width, data } = (await reader.at(0)) as Sample;
      for (const options of layouts) {
        for await (const batch of reader.batches({ batchSize: 1, dtype, prefetch: 0, channels: 3, ...options })) {
          const area = height * width;
          const expected = Array.from(data, (_, i) =>
            options.layout === 'NCHW'
              ? data[i]!
              : data[(channels - 1 - (i % channels)) * area + Math.floor(i / channels)]!,
          );
          expect([name, ...batch.data]).toEqual([name, ...expected]);
        }
      }
    }
  });
});

describe('a JPEG file of more than 1 MiB', () => {
  it('becomes its pixels', async () => {
    const folder = scratchFolder();
    const random = Buffer.from(Array.from({ length: 900 * 900 * 3 }, (_, i) => Math.imul(i, 2654435761) >>> 24));
    const file = await sharp(random, { raw: { width: 900, height: 900, channels: 3 } })
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toBuffer();
    expect(file.length).toBeGreaterThan(1 << 20);
    fs.writeFileSync(path.join(folder, 'a.jpg'), file);
    const { entries } = await convert('a.jpg 0\n', { input: `${folder}/` });
    const red = await sharp(file).extractChannel('red').raw().toBuffer();
    expect(entries[0]!.datum.data.length).toBe(3 * red.length);
    expect(red.equals(entries[0]!.datum.data.subarray(2 * red.length))).toBe(true);
  });
});

it('writes each JPEG with its own size, whatever the size of the one before it', async () => {
  const folder = scratchFolder();
  const sizes = [
    [8, 10],
    [8, 10],
    [6, 10],
    [6, 12],
    [12, 6],
  ] as const;
  for (const [i, [height, width]] of sizes.entries()) {
    await sharp({ create: { width, height, channels: 3, background: { r: 40 * i, g: 99, b: 200 } } })
      .jpeg()
      .toFile(path.join(folder, `${i}.jpg`));
  }
  const { entries } = await convert(sizes.map((_, i) => `${i}.jpg ${i}\n`).join(''), { input: `${folder}/` });
  expect(entries.map(({ datum }) => [datum.height, datum.width])).toEqual(sizes);
  for (const { key, datum } of entries) {
    const green = await sharp(path.join(folder, key.slice(9)))
      .extractChannel('green')
      .raw()
      .toBuffer();
    expect(green.equals(datum.data.subarray(green.length, 2 * green.length))).toBe(true);
  }
});

describe('the report', () => {
  it('reports the size of the images, if it is the same', async () => {
    expect((await convert('color.png 0\ncolor.jpg 1\n')).report.size).toBe(sizeOf('color.png'));
    expect((await convert('color.png 0\none-row.png 1\n')).report.size).toBeUndefined();
    expect((await convert('color.png 0\none-row.png 1\n', { resizeHeight: 5, resizeWidth: 4 })).report.size).toBe(
      '3x5x4',
    );
  });

  it('includes what was converted before a stop', async () => {
    const { options, stop, journal } = importToStop('color.png 0\n'.repeat(100) + 'one-row.png 1\n'.repeat(100));
    await stop(options);
    expect(JSON.parse(fs.readFileSync(journal, 'utf8')).done).toBe(100);
    const { records, size } = await convertImageset(options);
    expect([records, size]).toEqual([200, undefined]);
  });
});

describe('the check of sizes', () => {
  it('continues where it stopped once the image was repaired', async () => {
    const folder = scratchFolder();
    const images = path.join(folder, 'images');
    fs.mkdirSync(images);
    const write = (name: string, from: string) => fs.copyFileSync(`${IMAGES}${from}`, path.join(images, name));
    write('a.png', 'color.png');
    write('b.png', 'one-row.png');
    write('c.png', 'color.png');
    const options = { input: images, output: `${folder}/db`, resume: true, checkSize: true };
    await expect(convertImageset(options)).rejects.toThrow(
      `key 00000001_b.png: expected ${sizeOf('color.png')}, like an earlier image, received ${sizeOf('one-row.png')}`,
    );
    write('b.png', 'color.png');
    const { records, size } = await convertImageset(options);
    expect([records, size]).toEqual([3, sizeOf('color.png')]);
  });

  it('knows the images that were converted without it', async () => {
    const { options, stop } = importToStop('color.png 0\n'.repeat(100) + 'one-row.png 1\n'.repeat(100));
    await stop(options);
    await expect(convertImageset({ ...options, checkSize: true })).rejects.toMatchObject({ code: 'MIXED_SIZES' });
  });
});

it('does not continue from an incomplete journal', async () => {
  const { options, stop, journal } = importToStop('color.png 0\n'.repeat(200));
  await stop(options);
  const { sizes, ...rest } = JSON.parse(fs.readFileSync(journal, 'utf8'));
  expect(sizes).toEqual([sizeOf('color.png')]);
  fs.writeFileSync(journal, JSON.stringify(rest));
  await expect(convertImageset(options)).rejects.toThrow(
    /journal \S+ is damaged: it has no valid list of sizes; delete/,
  );
});

/** An import, and how to stop it after 100 images. */
function importToStop(lines: string) {
  const folder = scratchFolder();
  const list = path.join(folder, 'list.txt');
  fs.writeFileSync(list, lines);
  const options = { input: IMAGES, list, output: `${folder}/db`, resume: true };
  const stop = async (given: ConvertOptions) => {
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));
    await expect(convertImageset({ ...given, signal: controller.signal, onProgress })).rejects.toThrow('enough');
  };
  return { options, stop, journal: `${folder}/db.partial/convert-imageset.json` };
}

const sizeOf = (name: string) => images[name].color.shape.join('x');

describe('failing', () => {
  it.each<[string, Partial<ConvertOptions>, string | undefined, object]>([
    [
      'mixed sizes with checkSize',
      { checkSize: true },
      'color.png 0\none-row.png 1\n',
      { code: 'MIXED_SIZES', key: '00000001_one-row.png' },
    ],
    ['no image that decodes', {}, 'no.png 0\nneither.png 1\n', { code: 'BAD_IMAGE' }],
    ['an empty list', {}, '', { code: 'BAD_IMAGE' }],
    ['a missing folder', { input: '/no/such/folder' }, undefined, { code: 'NOT_READABLE' }],
    ['an image for a list', { list: path.join(IMAGES, 'color.png') }, undefined, { code: 'NOT_READABLE' }],
    ['one dimension', { resizeHeight: 3 }, 'color.png 0\n', { code: 'INVALID_OPTION' }],
    ['a seed that is none', { shuffle: -1 }, 'color.png 0\n', { code: 'INVALID_OPTION' }],
    ['an unknown type', { encodeType: 'bmp' }, 'color.png 0\n', { code: 'INVALID_OPTION' }],
  ])('%s leaves nothing behind', async (_, options, list, expected) => {
    const folder = scratchFolder();
    const output = path.join(folder, 'db');
    if (list !== undefined) fs.writeFileSync(path.join(folder, 'list.txt'), list);
    const files = fs.readdirSync(folder);
    const run = convertImageset({
      input: IMAGES,
      ...(list !== undefined && { list: `${folder}/list.txt` }),
      output,
      ...options,
    });
    await expect(run).rejects.toMatchObject(expected);
    expect(fs.readdirSync(folder)).toEqual(files);
  });

  it('does not touch an output that exists', async () => {
    const output = scratchFolder();
    await expect(convertImageset({ input: IMAGES, output })).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    expect(fs.readdirSync(output)).toEqual([]);
  });

  it('lets timers run while the calling thread converts, so that Ctrl+C works', async () => {
    const folder = scratchFolder();
    const list = `${folder}/list.txt`;
    fs.writeFileSync(list, 'color.jpg 1\n'.repeat(20_000));
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')));
    const run = convertImageset({ input: IMAGES, list, output: `${folder}/db`, signal: controller.signal });
    await expect(run).rejects.toThrow('enough');
  });

  it('stops at a signal with its reason and leaves nothing behind', async () => {
    const folder = scratchFolder();
    const list = path.join(folder, 'list.txt');
    fs.writeFileSync(list, 'color.png 1\n'.repeat(300));
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));
    const run = convertImageset({ input: IMAGES, list, output: `${folder}/db`, signal: controller.signal, onProgress });
    await expect(run).rejects.toThrow('enough');
    expect(fs.readdirSync(folder)).toEqual(['list.txt']);
  });

  it('leaves work that every later call continues, except one for other images', async () => {
    const folder = scratchFolder();
    const list = path.join(folder, 'list.txt');
    fs.writeFileSync(list, 'color.png 1\n'.repeat(300));
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));
    const options = { input: IMAGES, list, output: `${folder}/db` };
    const stopped = convertImageset({ ...options, resume: true, signal: controller.signal, onProgress });
    await expect(stopped).rejects.toThrow('enough');
    await expect(convertImageset({ ...options, gray: true })).rejects.toThrow(
      /db\.partial contains the work of an import of other options that was stopped; finish that one, or choose another output\.$/,
    );
    const started: number[] = [];
    const report = await convertImageset({ ...options, onProgress: ({ done }) => started.push(done) });
    expect([report.records, started[0]]).toEqual([300, 200]);
    expect(fs.readdirSync(options.output)).toEqual(['data.mdb']);
  });

  it('gives the reason once if no image can be decoded', async () => {
    const { message } = await convert('no.png 0\n').catch((caught) => caught);
    expect(message.split('[lmdb-datum]').length).toBe(2);
  });

  it('skips a key of more than 511 bytes and names it', async () => {
    const root = scratchFolder();
    const deep = `c/${'d'.repeat(200)}/${'é'.repeat(100)}/${'f'.repeat(100)}`;
    fs.mkdirSync(path.join(root, deep), { recursive: true });
    fs.copyFileSync(fixture('images/color.png'), path.join(root, deep, 'x.png'));
    fs.copyFileSync(fixture('images/color.png'), path.join(root, 'c/y.png'));
    const { report } = await convert(undefined, { input: root });
    expect(report.records).toBe(1);
    expect(report.skipped).toEqual([{ name: `${deep}/x.png`, reason: expect.stringContaining('511 bytes') }]);
  });
});

describe('background', () => {
  it('is the color behind transparent pixels; without it, alpha is dropped, as OpenCV does', async () => {
    const folder = scratchFolder();
    const rgba = Buffer.from([10, 20, 30, 255, 10, 20, 30, 0, 10, 20, 30, 51]);
    await sharp(rgba, { raw: { width: 3, height: 1, channels: 4 } })
      .png()
      .toFile(path.join(folder, 'a.png'));
    const list = 'a.png 0\n';
    const { entries } = await convert(list, { input: `${folder}/`, background: '#ff0064' });
    const { entries: cut } = await convert(list, { input: `${folder}/` });
    // Planes of blue, green and red: an opaque pixel, the background, and one fifth of the former over four fifths of the latter.
    expect([...entries[0]!.datum.data]).toEqual([30, 100, 86, 20, 0, 4, 10, 255, 206]);
    expect([...cut[0]!.datum.data]).toEqual([30, 30, 30, 20, 20, 20, 10, 10, 10]);
  });

  it('is also put behind image files that would otherwise be stored unchanged', async () => {
    const { entries } = await convert('alpha.png 0\n', { encoded: true, background: '#ffffff' });
    const { channels } = await sharp(entries[0]!.datum.data).metadata();
    expect(channels).toBe(3);
    await expect(convert('alpha.png 0\n', { background: 'white' })).rejects.toThrow(
      /background: expected '#rrggbb', received "white"/,
    );
  });
});

describe('a full disk', () => {
  it.each([false, true])('ends in an error that says what is kept (resume: %s)', async (resume) => {
    const folder = scratchFolder();
    const output = path.join(folder, 'db');
    const list = path.join(folder, 'list.txt');
    fs.writeFileSync(list, 'color.png 0\ncolor.jpg 1\n'.repeat(600));
    const options = { input: IMAGES, list, output, resume, resizeHeight: 2, resizeWidth: 2 };
    // The first commit ends with a meta page; the second one finds the disk full.
    let isCommitted = false;
    const real = fs.writevSync;
    const full = vi.spyOn(fs, 'writevSync').mockImplementation((...args) => {
      if (isCommitted) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'write' });
      isCommitted = (args[2] as number) < 2 * 4096;
      return real(...args);
    });
    const error = await convertImageset(options).catch((caught) => caught);
    full.mockRestore();
    expect(error.code).toBe('WRITE_FAILED');
    expect(error.message).toMatch(/db\.partial: the disk is full; free some space; /);
    if (!resume) {
      expect(error.message).toMatch(/free some space; nothing was kept of this import\.$/);
      expect(fs.readdirSync(folder)).toEqual(['list.txt']);
      return;
    }
    expect(error.message).toMatch(
      /db\.partial keeps the images that were committed; the same import continues from there\.$/,
    );
    using kept = openDatumLmdb(`${output}.partial`);
    expect(kept.length).toBe(1000);
    const { records } = await convertImageset(options);
    expect(records).toBe(1200);
    using whole = openDatumLmdb(output);
    expect(whole.length).toBe(1200);
  });
});
