/** Folders of all shapes: which are classes, which are not, and what is reported about them. */
import fs from 'node:fs';
import path from 'node:path';
import { listImageFolder } from '@ae/images/files';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { convertImageset, openDatumLmdb } from '../src/entries/index';
import { fixture } from './golden';
import { scratchFolder } from './scratch';

/** Creates files, empty except those that end in "!", which are images. */
function makeFiles(...names: string[]): string {
  const root = scratchFolder();
  for (const name of names) {
    const file = path.join(root, name.replace('!', ''));
    fs.mkdirSync(path.dirname(file), { recursive: true });
    if (name.endsWith('!')) fs.copyFileSync(fixture('images/color.png'), file);
    else if (!name.endsWith('/')) fs.writeFileSync(file, '');
    else fs.mkdirSync(file, { recursive: true });
  }
  return root;
}

function list(root: string) {
  const { images, classes, ignored, warnings } = listImageFolder(root);
  return {
    images: images.map(({ name, label }) => `${name} ${label}`),
    classes: classes?.map(({ name }) => name),
    ignored,
    warnings: warnings.map((text) => text.replace(`${root}: `, '')),
  };
}

describe('a folder', () => {
  it('with images beside one folder is one class', () => {
    expect(list(makeFiles('p1.jpg', 'p2.jpg', 'thumbs/t.jpg'))).toEqual({
      images: ['p1.jpg 0', 'p2.jpg 0', 'thumbs/t.jpg 0'],
      classes: undefined,
      ignored: [],
      warnings: ['its images and those in thumbs are one class, with label 0.'],
    });
  });

  it('with images next to several folders has the folders as classes, and says what it leaves out', () => {
    expect(list(makeFiles('loose.png', 'a/x.png', 'b/x.png'))).toEqual({
      images: ['a/x.png 0', 'b/x.png 1'],
      classes: ['a', 'b'],
      ignored: ['loose.png'],
      warnings: [
        '1 image lies beside the class folders and was skipped: loose.png; put them in their own folder to include them.',
      ],
    });
  });

  it('has no classes for files and folders of operating systems, nor for folders without images', () => {
    const { images, classes, ignored } = list(
      makeFiles(
        ...[
          '__MACOSX/cats/._c.jpg',
          '__MACOSX/c.jpg',
          '@eaDir/x.jpg',
          '.thumbnails/t.jpg',
          'empty/',
          'notes/readme.txt',
        ],
        ...['cats/c.jpg', 'cats/._c.jpg', 'cats/@eaDir/c.jpg', 'dogs/deep/d.jpg', 'dogs/none/', 'Thumbs.db'],
      ),
    );
    expect(images).toEqual(['cats/c.jpg 0', 'dogs/deep/d.jpg 1']);
    expect(classes).toEqual(['cats', 'dogs']);
    expect(ignored).toEqual([
      ...[
        '.thumbnails/',
        '@eaDir/',
        'Thumbs.db',
        '__MACOSX/',
        'cats/@eaDir/',
        'dogs/none/',
        'empty/',
        'notes/readme.txt',
        'notes/',
      ],
    ]);
  });

  it('that contains only a folder of class folders has those as classes', () => {
    expect(list(makeFiles('data/train/cats/a.jpg', 'data/train/dogs/b.jpg', 'data/.DS_Store'))).toEqual({
      images: ['data/train/cats/a.jpg 0', 'data/train/dogs/b.jpg 1'],
      classes: ['cats', 'dogs'],
      ignored: [],
      warnings: ['its classes are the folders in data/train, because there is nothing beside it.'],
    });
    expect(list(makeFiles('cats/a.jpg')).classes).toEqual(['cats']);
  });

  it('that contains the parts of a dataset says so', () => {
    const { classes, warnings } = list(makeFiles('train/cats/a.jpg', 'train/dogs/a.jpg', 'val/cats/b.jpg'));
    expect(classes).toEqual(['train', 'val']);
    expect(warnings).toEqual([
      'train, val became classes, but look like splits of a data set; import each one separately.',
    ]);
  });

  it('recognizes images by their extensions, or by their first bytes if there is none', () => {
    const names = ['A.JPEG', 'b.jfif', 'c.PNG', 'd.JpE', 'e.TIFF', 'f.avif'];
    const { images, ignored } = list(makeFiles(...names, 'g!', 'h', 'i.txt', 'j.dat!'));
    expect(images).toEqual([...names, 'g'].map((name) => `${name} 0`));
    expect(ignored).toEqual(['h', 'i.txt', 'j.dat']);
  });

  it('without any images says what it contains', async () => {
    const root = makeFiles('a.txt', 'b/c.txt', 'd.mp4', 'e.mov');
    const converting = convertImageset({ input: root, output: `${root}/db`, workers: 0 });
    await expect(converting).rejects.toThrow(
      / contains no images, only a\.txt, b\/c\.txt, b\/ and 2 more; check the path/,
    );
  });

  it('of photographs that no decoder can read says what to do', async () => {
    const root = makeFiles('IMG_1.HEIC', 'IMG_2.heic', 'x.DNG', 'y.ppm', 'notes.txt');
    await expect(convertImageset({ input: root, output: `${root}/db`, workers: 0 })).rejects.toThrow(
      / contains no images, only .*; 2 HEIC, 1 RAW and 1 Netpbm files are images in unsupported formats; convert them to JPEG or PNG first\./,
    );
  });

  it('of photographs some of which no decoder can read says how many', async () => {
    const root = makeFiles('a.png!', 'IMG_1.HEIC', 'notes.txt');
    const { records, warnings } = await convertImageset({ input: root, output: `${scratchFolder()}/db`, workers: 0 });
    expect(records).toBe(1);
    expect(warnings).toEqual(['1 HEIC file is an image in an unsupported format; convert it to JPEG or PNG first.']);
  });

  it('stores a GIF among image files as a PNG of its pixels', async () => {
    const root = scratchFolder();
    const red = { create: { width: 5, height: 4, channels: 3, background: '#ff0000' } } as const;
    await sharp(red).gif().toFile(path.join(root, 'red.gif'));
    const output = `${scratchFolder()}/db`;
    expect(await convertImageset({ input: root, output, encoded: true, workers: 0 })).toMatchObject({ skipped: [] });
    const reader = openDatumLmdb(output);
    expect([...(reader.get('00000000_red.gif')?.data.subarray(1, 4) ?? [])]).toEqual([...Buffer.from('PNG')]);
    const image = await reader.at(0);
    reader.close();
    expect(image).toMatchObject({ height: 4, width: 5 });
    expect([...(image?.data ?? [])]).toEqual([...Array(40).fill(0), ...Array(20).fill(255)]);
  });
});

describe.skipIf(process.platform === 'win32')('links', () => {
  it('are followed, but not in cycles', () => {
    const root = makeFiles('a/x.jpg', 'b/y.jpg', 'elsewhere.txt');
    fs.symlinkSync('..', path.join(root, 'a/up'));
    fs.symlinkSync('.', path.join(root, 'a/self'));
    fs.symlinkSync('../b', path.join(root, 'a/b'));
    fs.symlinkSync('nothing.jpg', path.join(root, 'a/dangling.jpg'));
    fs.symlinkSync('loop.jpg', path.join(root, 'a/loop.jpg'));
    const { images, ignored } = list(root);
    expect(images).toEqual(['a/b/y.jpg 0', 'a/dangling.jpg 0', 'a/loop.jpg 0', 'a/x.jpg 0', 'b/y.jpg 1']);
    expect(ignored).toEqual(['a/self/', 'a/up/', 'elsewhere.txt']);
  });

  it('between many folders do not cause an endless loop', () => {
    const names = Array.from({ length: 12 }, (_, i) => `f${i}`);
    const root = makeFiles(...names.map((name) => `${name}/x.jpg`));
    for (const from of names) for (const to of names) fs.symlinkSync(`../${to}`, path.join(root, from, `to-${to}`));
    expect(list(root).images.length).toBe(12 * 12);
  });
});

it.skipIf(process.platform !== 'linux')(
  'names that are no UTF-8 are imported, and their bytes are in the keys',
  async () => {
    const root = scratchFolder();
    const bytes = (text: string) => Buffer.from(text, 'latin1');
    const folder = Buffer.concat([Buffer.from(`${root}/`), bytes('caf\xe9')]);
    fs.mkdirSync(folder);
    fs.mkdirSync(`${root}/tea`);
    fs.copyFileSync(fixture('images/color.png'), Buffer.concat([folder, bytes('/\xff\xfe.png')]));
    fs.copyFileSync(fixture('images/color.png'), `${root}/tea/ü.png`);
    const output = path.join(scratchFolder(), 'db');
    const { records } = await convertImageset({ input: root, output, workers: 0 });
    expect(records).toBe(2);
    using reader = openDatumLmdb(output);
    expect(reader.get(bytes('00000000_caf\xe9/\xff\xfe.png'))?.label).toBe(0);
    expect(reader.get('00000001_tea/ü.png')?.label).toBe(1);
  },
);
