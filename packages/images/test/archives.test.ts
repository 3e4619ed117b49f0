/** Archives that other software made (see fixtures/archives/make_archives.py), compared with the folder that they were made from. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type ImageSource, openImageSource, TarWriter } from '../src/entries/archives';
import { readPackedFile, readRegularFile } from '../src/entries/files';
import { imageFolder, openImages } from '../src/entries/index';

const fixtures = new URL('fixtures/archives/', import.meta.url).pathname;
const { archives, photos } = JSON.parse(fs.readFileSync(path.join(fixtures, 'expected.json'), 'utf8')) as {
  photos: Record<string, string>;
  archives: Record<string, { images: unknown[]; classes?: string[]; ignored: string[] }>;
};
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'images-archives-'));
const inFolder = (...names: string[]) => path.join(folder, ...names);
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  for (const [name, text] of Object.entries(photos)) {
    fs.mkdirSync(path.dirname(inFolder('photos', name)), { recursive: true });
    fs.writeFileSync(inFolder('photos', name), Buffer.from(text, 'base64'));
  }
});

test('the first versions of Node.js 20, in which CommonJS cannot require ES modules, read Parquet', () => {
  const built = path.join(import.meta.dirname, '../dist/archives.cjs');
  const program = `require(${JSON.stringify(built)}).openImageSource([process.argv[1]], { unpackIn: process.argv[2] })
    .then(({ images }) => console.log(images.length))`;
  const args = ['--no-experimental-require-module', '-e', program, path.join(fixtures, 'photos-zstd.parquet'), folder];
  const { images } = archives['photos-zstd.parquet'];
  expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe(`${images.length}\n`);
});

/** The contents of a source, in the form of expected.json. */
async function contentOf(inputs: string | string[], use: (source: ImageSource) => unknown = () => 0) {
  const source = await openImageSource([inputs].flat(), { unpackIn: folder });
  try {
    use(source);
    const images = source.images.map(({ name, label, packed, path: file }) => {
      const bytes = packed ? readPackedFile(packed, 1e6) : readRegularFile(file, 1e6);
      return [name, label, createHash('sha256').update(bytes).digest('hex').slice(0, 16)];
    });
    const classes = source.classes?.map(({ name }) => name);
    return { images, ...(classes && { classes }), ignored: source.ignored };
  } finally {
    source.close();
  }
}

describe('an archive', () => {
  test.each(Object.keys(archives))('%s contains what its maker says', async (name) => {
    expect(await contentOf(path.join(fixtures, name))).toEqual(archives[name]);
  });

  test.each(['photos.tar', 'photos.tar.gz', 'dots.tar', 'tars.tar', 'photos.zip'])(
    '%s has the names, labels and order of the folder that it is of',
    async (name) => {
      const { images, classes } = await contentOf(path.join(fixtures, name));
      const own = await contentOf(inFolder('photos'));
      expect({ images, classes }).toEqual({ images: own.images, classes: own.classes });
    },
  );

  test('leaves no files behind, and none open', async () => {
    const before = fs.readdirSync(folder);
    await contentOf(path.join(fixtures, 'photos.tar.gz'), () => expect(fs.readdirSync(folder)).toEqual(before));
    const source = await openImageSource([path.join(fixtures, 'photos.tar')]);
    source.close();
    const [{ packed }] = source.images;
    expect(() => packed && readPackedFile(packed, 1e6)).toThrow(/EBADF/);
  });
});

describe('several', () => {
  const shards = ['shard-000000.tar', 'shard-000001.tar'];
  const both = shards.flatMap((name) => archives[name].images);

  test.each([
    ['named one by one', shards.map((name) => path.join(fixtures, name))],
    ['by a pattern', [path.join(fixtures, 'shard-*.tar')]],
    ['by a range', [path.join(fixtures, 'shard-{000000..000001}.tar')]],
  ])('shards %s are read one after the other', async (_, inputs) => {
    expect(await contentOf(inputs)).toEqual({ images: both, ignored: [] });
  });

  test('parts of a table keep their common classes', async () => {
    const part = path.join(fixtures, 'photos-zstd.parquet');
    const { images, classes } = await contentOf([part, part]);
    expect(classes).toEqual(['cat', 'dog', 'emu']);
    expect(images).toEqual([...archives['photos-zstd.parquet'].images, ...archives['photos-zstd.parquet'].images]);
  });

  test('tars with one class each are like a tar of them', async () => {
    const whole = await contentOf(inFolder('photos'));
    for (const name of ['cat', 'dog', 'emu']) {
      const source = fs.readFileSync(path.join(fixtures, 'tars.tar'));
      const at = source.indexOf(`${name}.tar\0`);
      const bytes = Number.parseInt(source.toString('latin1', at + 124, at + 135), 8);
      fs.writeFileSync(inFolder(`${name}.tar`), source.subarray(at + 512, at + 512 + bytes));
    }
    const { images, classes } = await contentOf(inFolder('*.tar'));
    expect({ images, classes }).toEqual({ images: whole.images, classes: whole.classes });
  });

  test('files matching a pattern are like the folder that it begins with', async () => {
    const whole = await contentOf(inFolder('photos'));
    expect(await contentOf(inFolder('photos/**/*'))).toEqual(whole);
    expect(await contentOf(Object.keys(photos).map((name) => inFolder('photos', name)))).toEqual(whole);
    const { images, classes } = await contentOf(inFolder('photos/**/*.png'));
    expect(images.map(([name]) => name)).toEqual(['cat/a.png', 'dog/10.png', 'emu/übung.png']);
    expect(classes).toEqual(['cat', 'dog', 'emu']);
  });

  test('hidden images are left out by folders, which say so, and read if they are named', async () => {
    const copy = (name: string) => {
      fs.mkdirSync(path.dirname(inFolder('seen', name)), { recursive: true });
      fs.copyFileSync(inFolder('photos', 'cat', 'a.png'), inFolder('seen', name));
      return inFolder('seen', name);
    };
    const named = ['a.png', '.b.png', '.thumbs/c.png'].map(copy);
    copy('._a.png');
    const { images, ignored } = await contentOf(inFolder('seen'));
    expect([images.map(([name]) => name), ignored]).toEqual([['a.png'], ['.b.png', '.thumbs/']]);
    const all = await contentOf(named);
    expect(all.images.map(([name]) => name).sort()).toEqual(['.b.png', '.thumbs/c.png', 'a.png']);
    expect((await contentOf(inFolder('seen', '.b.png'))).images).toHaveLength(1);
  });

  test('folders share their classes', async () => {
    fs.cpSync(inFolder('photos', 'cat'), inFolder('more', 'cat'), { recursive: true });
    fs.cpSync(inFolder('photos', 'dog'), inFolder('more', 'ant'), { recursive: true });
    const { images, classes } = await contentOf([inFolder('photos'), inFolder('more')]);
    expect(classes).toEqual(['ant', 'cat', 'dog', 'emu']);
    expect(images.map(([name, label]) => `${label} ${name}`).slice(-5)).toEqual([
      ...['0 ant/10.png', '0 ant/9.jpg', '1 cat/a.png', '1 cat/b.JPEG', '1 cat/deep/c.jpg'],
    ]);
  });
});

describe('labels', () => {
  const shard = (name: string, labels: readonly (string | undefined)[]) => {
    const fd = fs.openSync(inFolder(name), 'w');
    const tar = new TarWriter(fd);
    for (const [i, label] of labels.entries()) {
      tar.add(`${i}.png`, Buffer.from(photos['cat/a.png'], 'base64'));
      if (label !== undefined) tar.add(`${i}.cls`, Buffer.from(label));
    }
    tar.finish();
    fs.closeSync(fd);
    return inFolder(name);
  };

  test.each<[what: string, labels: (string | undefined)[], found: number[], warning: RegExp]>([
    [
      'beyond 32 bits',
      ['1', '99999999999'],
      [1, 1215752191],
      /1 label is not a whole number of at most 32 bits; 99999999999 became 1215752191\.$/,
    ],
    ['that are missing', ['3', undefined, '1'], [3, 0, 1], /1 of 3 images have no label, and got label 0\.$/],
    [
      'that are empty beside names',
      ['cat', ''],
      [1, 0],
      /1 of 2 images have no label, and were put into a class without a name\.$/,
    ],
  ])('%s are said', async (_, labels, found, warning) => {
    await contentOf(shard('labels.tar', labels), ({ images, warnings }) => {
      expect(images.map(({ label }) => label)).toEqual(found);
      expect(warnings).toEqual([expect.stringMatching(warning)]);
    });
  });

  test('of samples with several images are those of each, with a warning', async () => {
    const fd = fs.openSync(inFolder('masks.tar'), 'w');
    const tar = new TarWriter(fd);
    for (const name of ['7.png', '7.seg.png']) tar.add(name, Buffer.from(photos['cat/a.png'], 'base64'));
    tar.add('7.cls', Buffer.from('3'));
    tar.finish();
    fs.closeSync(fd);
    await contentOf(inFolder('masks.tar'), ({ images, warnings }) => {
      expect(images.map(({ name, label }) => [name, label])).toEqual([
        ['7.png', 3],
        ['7.seg.png', 3],
      ]);
      expect(warnings).toEqual([
        expect.stringMatching(
          /: samples have several images, such as png, seg\.png of 7, each of which is read as an image of its own\.$/,
        ),
      ]);
    });
  });

  test('that are whole numbers may be floats', async () => {
    await contentOf(path.join(fixtures, 'float-labels.parquet'), ({ images, warnings }) => {
      expect(images.map(({ label }) => label)).toEqual([2, 0, 7]);
      expect(warnings).toEqual([expect.stringMatching(/1 label is not a whole number .*; 0\.5 became 0\.$/)]);
    });
  });

  test('may be false and true', async () => {
    await contentOf(path.join(fixtures, 'boolean-labels.parquet'), ({ images, warnings }) => {
      expect(images.map(({ label }) => label)).toEqual([1, 0]);
      expect(warnings).toEqual([]);
    });
  });

  test('of several values per image are not read, with a warning', async () => {
    await contentOf(path.join(fixtures, 'list-labels.parquet'), ({ images, warnings }) => {
      expect(images.map(({ label }) => label)).toEqual([0, 0]);
      expect(warnings).toEqual([
        expect.stringMatching(
          /column label is not read, because it does not have one number or text per row; all images got label 0\.$/,
        ),
      ]);
    });
  });

  test('missing from all images cause no warning', async () => {
    await contentOf(path.join(fixtures, 'photos-none.parquet'), ({ warnings }) => expect(warnings).toEqual([]));
  });
});

describe('refused, in one sentence', () => {
  const cut = (name: string, bytes: number, as: string) => {
    const whole = fs.readFileSync(path.join(fixtures, name));
    fs.writeFileSync(inFolder(as), whole.subarray(0, bytes));
    return inFolder(as);
  };
  const changed = (name: string, at: number, as: string) => {
    const whole = fs.readFileSync(path.join(fixtures, name));
    whole[at] ^= 0x55;
    fs.writeFileSync(inFolder(as), whole);
    return inFolder(as);
  };
  const made = (as: string, content: string | Buffer) => {
    fs.writeFileSync(inFolder(as), content);
    return inFolder(as);
  };

  test.each<[what: string, place: () => string, message: RegExp]>([
    [
      'a tar that is cut short',
      () => cut('photos.tar', 5000, 'a.tar'),
      /is truncated: it ends in the middle of photos\//,
    ],
    ['one within a header', () => cut('photos.tar', 3700, 'b.tar'), /is truncated/],
    ['a damaged header', () => changed('dots.tar', 515, 'c.tar'), /c\.tar is damaged 512 bytes from its start/],
    [
      'a name that leads out',
      () => path.join(fixtures, 'leads-out.tar'),
      /contains the name "\.\.\/\.\.\/out\.png", which points outside the archive/,
    ],
    [
      'an absolute name',
      () => path.join(fixtures, 'absolute.tar'),
      /contains the name "\/etc\/out\.png", which points outside/,
    ],
    [
      'one in a zip',
      () => path.join(fixtures, 'leads-out.zip'),
      /contains the name "\.\.\/out\.png", which points outside/,
    ],
    [
      'an encrypted zip',
      () => path.join(fixtures, 'encrypted.zip'),
      /encrypted\.zip is encrypted \(photos\/dog\/10\.png\); unpack it with its password/,
    ],
    [
      'the first part of a zip',
      () => path.join(fixtures, 'parts.z01'),
      /parts\.z01 is the first of several parts of a zip; join its parts: zip -s 0/,
    ],
    ['another part', () => path.join(fixtures, 'parts.z02'), /parts\.z02 is a part of a zip; join its parts/],
    ['the last part', () => path.join(fixtures, 'parts.zip'), /parts\.zip is a zip whose start is missing/],
    [
      'a zip that something follows',
      () => path.join(fixtures, 'followed.zip'),
      /followed\.zip is damaged: its directory is not at its end/,
    ],
    [
      'a part of a tar',
      () => made('o.tar.partab', fs.readFileSync(path.join(fixtures, 'photos.tar')).subarray(1000)),
      /o\.tar\.partab is a part of a larger file, judging by its name; join all parts/,
    ],
    [
      'a tar by LZ4',
      () => made('p.tar.lz4', Buffer.from('04224d186440a7', 'hex')),
      /p\.tar\.lz4 is compressed with LZ4; unpack it with lz4 -d/,
    ],
    [
      'an odd method',
      () => path.join(fixtures, 'bzip2.zip'),
      /compresses a\.png with bzip2, which is not supported; create it again with the Deflate method/,
    ],
    [
      'a zip that is cut short',
      () => cut('photos.zip', -30, 'd.zip'),
      /d\.zip is truncated: the directory at its end is missing/,
    ],
    [
      'a gzip that is cut short',
      () => cut('photos.tar.gz', 900, 'e.tgz'),
      /e\.tgz is truncated: its gzip data ends too soon/,
    ],
    ['a damaged gzip', () => changed('photos.tar.gz', 300, 'f.tgz'), /f\.tgz is (damaged|truncated)/],
    [
      'a gzip of a text',
      () => made('g.gz', Buffer.from('H4sIAAAAAAAAA8tIzcnJBwCGphA2BQAAAA==', 'base64')),
      /g\.gz is (a gzip file of something other than a tar|damaged)/,
    ],
    [
      'a damaged Parquet',
      () => cut('photos-none.parquet', -9, 'h.parquet'),
      /h\.parquet is damaged, or an unsupported Parquet file/,
    ],
    [
      'a Parquet of texts',
      () => path.join(fixtures, 'text.parquet'),
      /text\.parquet has no column of images among text/,
    ],
    [
      'a Parquet with the paths of images alone',
      () => path.join(fixtures, 'paths.parquet'),
      /paths\.parquet has only the paths of its images in column image, not the image files; pass the folder of these files/,
    ],
    ['a text', () => made('i.txt', 'hello\n'), /i\.txt is a text file, but not a list of existing images/],
    ['an empty file', () => made('j.tar', ''), /j\.tar is an empty file/],
    ['zeros', () => path.join(fixtures, 'empty.tar'), /empty\.tar is empty, or contains only zeros/],
    [
      'a 7-Zip archive',
      () => made('k.7z', Buffer.from('377abcaf271c0004', 'hex')),
      /k\.7z is a 7-Zip archive; unpack it and pass the folder/,
    ],
    ['nothing', () => inFolder('nothing.tar'), /nothing\.tar does not exist; check the path/],
    ['a pattern of nothing', () => inFolder('none-*.tar'), /none-\*\.tar matches no files/],
    [
      'a folder of archives',
      () => fixtures,
      /contains no images, only archives, such as absolute\.tar; name the ones to read, or all of them with a pattern: '.*\/\*\.tar'/,
    ],
  ])('%s', async (_, place, message) => {
    const error = await contentOf(place()).catch((reason: Error & { code: string }) => reason);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message.split('\n')).toHaveLength(1);
    expect(error).toMatchObject({ code: 'NOT_READABLE' });
  });

  test.each(['gnu', 'pax'])('a sparse file in a tar (%s) is skipped, with a warning', async (name) => {
    await contentOf(path.join(fixtures, `sparse-${name}.tar`), ({ warnings }) =>
      expect(warnings).toEqual([
        expect.stringMatching(
          /: 1 image left out, as what tar --sparse stores is not read: cat\/a\.png; make the tar again/,
        ),
      ]),
    );
  });

  test('unpacking onto a full disk', async () => {
    const write = vi.spyOn(fs, 'writeSync').mockImplementation(() => {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    });
    await expect(contentOf(path.join(fixtures, 'photos.tar.gz'))).rejects.toThrow(
      `photos.tar.gz cannot be unpacked into ${folder}: the disk is full; free some space there, or unpack it`,
    );
    write.mockRestore();
  });

  test('an empty zip contains no images', async () => {
    expect(await contentOf(path.join(fixtures, 'empty.zip'))).toEqual({ images: [], ignored: [] });
  });

  test('a tar without its end marker is read, with a warning', async () => {
    const end = fs.readFileSync(path.join(fixtures, 'dots.tar')).lastIndexOf('PNG');
    const file = cut('dots.tar', Math.ceil(end / 512) * 512, 'm.tar');
    await contentOf(file, ({ warnings }) =>
      expect(warnings).toEqual([expect.stringContaining('it has no end marker')]),
    );
  });

  test('a tar that another one follows is read up to its end, as tar does, with a warning', async () => {
    const { images } = await contentOf(path.join(fixtures, 'concatenated.tar'), ({ warnings }) =>
      expect(warnings).toEqual([
        expect.stringMatching(/: another tar follows its end, and was left out; pass both as tars of their own\.$/),
      ]),
    );
    expect(images.map(([name]) => name)).toEqual(['a.png']);
  });

  test('a damaged deflated image is named when it is read', async () => {
    const at = fs.readFileSync(path.join(fixtures, 'photos.zip')).indexOf('photos/cat/b.JPEG') + 17;
    const source = await openImageSource([changed('photos.zip', at + 3, 'n.zip')]);
    const { packed } = source.images.find(({ name }) => name === 'cat/b.JPEG') ?? {};
    expect(() => packed && readPackedFile(packed, 1e6)).toThrow(/is damaged/);
    source.close();
  });
});

describe('openImages', () => {
  test.each(['photos.tar', 'photos.tar.gz', 'photos.zip'])(
    'gives the images of %s as imageFolder those of the folder',
    async (name) => {
      const resize = { width: 5, height: 4 };
      const [own, packed] = [
        imageFolder(inFolder('photos'), { resize }),
        await openImages(path.join(fixtures, name), { resize }),
      ];
      expect(packed).toMatchObject({ names: own.names, labels: own.labels, classes: own.classes });
      for (let i = 0; i < own.length; i++) expect((await packed.at(i))?.data).toEqual((await own.at(i))?.data);
      packed.close();
      await expect(packed.at(0)).rejects.toThrow(/photos\/?\S* can no longer be read: its archive was closed/);
    },
  );

  test('says what is wrong, and imageFolder points to it', async () => {
    await expect(openImages([])).rejects.toThrow('openImages: expected a path, or a list of paths, received [].');
    await expect(openImages(path.join(fixtures, 'empty.zip'))).rejects.toThrow(/empty\.zip contains no images/);
    expect(() => imageFolder(path.join(fixtures, 'photos.tar'))).toThrow(
      /photos\.tar is an archive, not a folder of images; await openImages\(".*"\) reads it/,
    );
  });
});
