/** Lists that people write: unusual labels, unusual separators, class names. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ConvertOptions, convertImageset, openDatumLmdb } from '../src/entries/index';
import { fixture } from './golden';
import { scratchFolder } from './scratch';

/** Converts a list that is next to a.png and "b c.png". */
async function convert(list: string | Buffer, options: Partial<ConvertOptions> = {}) {
  const folder = scratchFolder();
  for (const name of ['a.png', 'b c.png']) fs.copyFileSync(fixture('images/color.png'), path.join(folder, name));
  fs.writeFileSync(path.join(folder, 'list.txt'), list);
  const output = path.join(folder, 'db');
  const report = await convertImageset({
    input: `${folder}/`,
    list: `${folder}/list.txt`,
    output,
    workers: 0,
    ...options,
  });
  using reader = openDatumLmdb(output);
  return { folder, report, labels: [...reader].map(({ datum }) => datum.label), keys: [...reader.keys()] };
}

describe('labels that are not 32-bit integers', () => {
  it('are read as atoi reads them, and are counted and listed', async () => {
    const odd = ['cat', '2.883333', '3.9', '4294967296', '99999999999999', '2147483648', '7x', '', '1e3'];
    const list = ['3', '-1', '+5', '007', ...odd].map((label) => `a.png ${label}\n`).join('');
    const { report, labels } = await convert(`${list}a.png 2147483647\n`);
    expect(labels).toEqual([3, -1, 5, 7, 0, 2, 3, 0, 276447231, -2147483648, 7, 0, 1, 2147483647]);
    expect(report.oddLabels?.count).toBe(odd.length);
    expect(report.oddLabels?.examples.map(({ line, text }) => [line, text])).toEqual(
      odd.map((text, i) => [i + 5, text]),
    );
    expect(report.warnings).toEqual([
      expect.stringMatching(
        /list\.txt: 9 labels are not whole numbers that a Datum can hold, and read as Caffe reads them: "cat" in line 5 as 0, "2\.883333" in line 6 as 2, "3\.9" in line 7 as 3 and 6 more; use 32-bit whole numbers/,
      ),
    ]);
  });

  it('are not reported for blank lines, nor for valid labels', async () => {
    const { report } = await convert('a.png 3\n\nb c.png -2\r\n');
    expect([report.warnings, report.oddLabels]).toEqual([[], undefined]);
  });

  it('that are missing are not reported as names', async () => {
    const { report } = await convert('a.png \nb c.png \n');
    expect(report.warnings).toEqual([expect.stringMatching(/"" in line 1 as 0.*; use 32-bit whole numbers\.$/)]);
  });

  it('that are words are reported as names', async () => {
    const { report } = await convert('a.png cat\nb c.png dog\n');
    expect(report.warnings).toEqual([expect.stringMatching(/if they are class names, set labels to names\.$/)]);
  });
});

describe('labels that are names', () => {
  it('are numbered in the order of their bytes, and kept next to the database', async () => {
    const { report, labels, folder } = await convert('a.png dog\nb c.png cat\n\na.png Zebra\na.png dog\n', {
      labels: 'names',
      shuffle: 3,
    });
    const file = path.join(folder, 'db/labels.txt');
    expect(report.labelsFile).toBe(file);
    expect(fs.readFileSync(file, 'utf8')).toBe('Zebra\ncat\ndog\n');
    expect(report.classes?.map(({ name }) => name)).toEqual(['Zebra', 'cat', 'dog']);
    expect(labels.sort()).toEqual([0, 1, 2, 2]);
    expect(report.warnings).toEqual([]);
    const again = await convert('a.png dog\n', { labels: file });
    expect(again.labels).toEqual([2]);
    await expect(convert('a.png dog\na.png emu\n', { labels: file })).rejects.toThrow(
      /list\.txt has the class "emu" in line 2, which .*labels\.txt lacks; add it at that file's end\.$/,
    );
  });

  it.each([
    ['a.png\n', /has no class name in line 1: line 1 has no label/],
    ['a.png cat\na.png \n', /has no class name in line 2: the last space of line 2 is at its end/],
    ['a.png\tcat\n', /has no class name in line 1: line 1 has a tab between its name and its label; use a space/],
  ])('%j is refused', async (list, text) => {
    await expect(convert(list, { labels: 'names' })).rejects.toThrow(text);
  });

  it('are allowed with a list only', async () => {
    const output = path.join(scratchFolder(), 'db');
    await expect(convertImageset({ input: fixture('images'), output, labels: 'names' })).rejects.toThrow(/labels: /);
  });
});

describe('a line whose file does not exist', () => {
  it.each([
    ['a.png 9 ', 'the last space of line 2 is at its end, after the label; remove it'],
    ['a.png 9  ', 'the last space of line 2 is at its end, after the label; remove it'],
    ['a.png\t7', 'line 2 has a tab between its name and its label; use a space'],
    ['a.png,7', 'line 2 has a comma between its name and its label; use a space'],
    ['a.png;7', 'line 2 has a semicolon between its name and its label; use a space'],
    ['a.png, 7', 'the name in line 2 ends in ",", which counts as part of it; remove it'],
    [
      'a.png 1 0 1',
      'line 2 has several labels; the last one counts, and the others become part of the name; keep only one',
    ],
    ['a.png\t1 0', 'line 2 has several labels'],
    ['"a.png" 1', 'the name in line 2 is in quotes, which count as part of it; remove them'],
    ['/data/a.png 1', 'the name in line 2 is absolute, but '],
    ['C:\\data\\a.png 1', 'the name in line 2 is absolute, but '],
    ['sub\\a.png 1', 'the name in line 2 has backslashes; use slashes'],
    ['a.png  1', 'line 2 has spaces around its name'],
    [' a.png 1', 'line 2 has spaces around its name'],
    ['1 a.png', 'in line 2 the label comes before the name; swap them'],
    ['a.pn', 'line 2 has no label; add a space and a number after the name'],
    ['no.png 1', 'no.png does not exist (line 2 of the list)'],
  ])('%j is told its cause', async (line, hint) => {
    const { report } = await convert(`a.png 1\n${line}\n`);
    expect(report.skipped.length).toBe(1);
    expect(report.skipped[0]?.reason).toContain(hint);
  });

  it('is a single error if all lines are like that', async () => {
    await expect(convert('a.png\t1\nb c.png\t2\n')).rejects.toThrow(
      /list\.txt: none of its 2 images can be read\. The first: .*a\.png\t1 does not exist: line 1 has a tab between its name and its label; use a space\.$/,
    );
  });
});

describe('a list in another form', () => {
  it.each<[string, string | Buffer]>([
    ['a byte order mark', '\ufeffa.png 1\nb c.png 2\n'],
    ['the line ends of Windows', 'a.png 1\r\nb c.png 2\r\n'],
    ['no end of its last line', 'a.png 1\nb c.png 2'],
  ])('with %s is read', async (_, list) => {
    expect(await convert(list)).toMatchObject({ labels: [1, 2], keys: ['00000000_a.png', '00000001_b c.png'] });
  });

  it.each<[string, string | Buffer, RegExp]>([
    ['UTF-16', Buffer.from('\ufeffa.png 1\n', 'utf16le'), /list\.txt is UTF-16 text; save it as UTF-8/],
    ['UTF-16 without a mark', Buffer.from('a.png 1\n', 'utf16le'), /UTF-16/],
    ['bytes', Buffer.from([1, 2, 3, 0, 9]), /list\.txt is a binary file; pass a list of images/],
    [
      'a HEIC file',
      Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic'),
      /list\.txt is a HEIC file; convert it to JPEG or PNG first\.$/,
    ],
    [
      'a 7-Zip archive',
      Buffer.from('377abcaf271c0004', 'hex'),
      /list\.txt is a 7-Zip archive; unpack it and pass the folder\.$/,
    ],
    ['a drawing', Buffer.from('<svg xmlns=""/>'), /list\.txt is an SVG drawing; convert it to JPEG or PNG first\.$/],
    ['the line ends of old Macs', 'a.png 1\rb c.png 2\r', /carriage returns only/],
    ['nothing', '', /list\.txt contains no images; check the path/],
  ])('of %s is refused for that', async (_, list, text) => {
    await expect(convert(list)).rejects.toThrow(text);
  });

  it('that is too large for one is named by its first bytes', async () => {
    const list = path.join(scratchFolder(), 'photos.tar.xz');
    fs.writeFileSync(list, Buffer.from('fd377a585a00', 'hex'));
    fs.truncateSync(list, 2 ** 29);
    await expect(
      convertImageset({ input: `${path.dirname(list)}/`, list, output: `${list}.lmdb`, workers: 0 }),
    ).rejects.toThrow(/photos\.tar\.xz is compressed with xz; unpack it with xz -d\.$/);
  });

  it.skipIf(process.platform !== 'linux')('keeps the bytes of names that are not UTF-8', async () => {
    const folder = scratchFolder();
    const name = Buffer.from('caf\xe9.png', 'latin1');
    fs.copyFileSync(fixture('images/color.png'), Buffer.concat([Buffer.from(`${folder}/`), name]));
    fs.copyFileSync(fixture('images/color.png'), `${folder}/é.png`);
    const list = Buffer.concat([name, Buffer.from(' 4\né.png 5\n')]);
    fs.writeFileSync(`${folder}/list.txt`, list);
    const output = `${folder}/db`;
    await convertImageset({ input: `${folder}/`, list: `${folder}/list.txt`, output, workers: 0 });
    using reader = openDatumLmdb(output);
    expect(reader.get(Buffer.concat([Buffer.from('00000000_'), name]))?.label).toBe(4);
    expect(reader.get('00000001_é.png')?.label).toBe(5);
  });
});
