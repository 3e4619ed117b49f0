/** Lists and folders that people import, and the messages about them. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFolder, makePictures, remove } from './ae';
import { ae, aeOk } from './one-process';

const folder = makeFolder();
afterAll(() => remove(folder));
const inFolder = (...names: string[]) => path.join(folder, ...names);

beforeAll(() => makePictures(inFolder('photos'), 3));

test('labels that are not numbers are noted, in JSON too', async () => {
  writeFileSync(inFolder('photos', 'odd.txt'), 'disc-000.png cat\ndisc-001.png 2.9\ndisc-002.png dog\n');
  const { code, stdout, stderr } = await ae(folder, 'import', 'photos/odd.txt', 'odd.lmdb');
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('odd.lmdb: 3 images') });
  expect(stderr).toMatch(
    /^note: photos\/odd\.txt: 3 labels are not whole numbers .*"cat" in line 1 as 0, "2\.9" in line 2 as 2, "dog" in line 3 as 0; if they are class names, set labels to names\.\n$/,
  );
  const report = JSON.parse(await aeOk(folder, 'import', 'photos/odd.txt', 'odd-json.lmdb', '--json'));
  expect(report.oddLabels).toMatchObject({ count: 3, examples: [{ line: 1, text: 'cat', label: 0 }, {}, {}] });
  expect(report.warnings).toEqual([expect.stringContaining('set labels to names')]);
});

test('labels that are names become numbers, and the database gets a list of the names', async () => {
  writeFileSync(inFolder('photos', 'names.txt'), 'disc-000.png dog\ndisc-001.png cat\ndisc-002.png dog\n');
  const text = await aeOk(folder, 'import', 'photos/names.txt', 'names.lmdb', '--labels', 'names');
  expect(text).toContain('classes: 0 cat, 1 dog\n');
  expect(text).toContain('class names: names.lmdb/labels.txt\n');
  expect(readFileSync(inFolder('names.lmdb', 'labels.txt'), 'utf8')).toBe('cat\ndog\n');
  await aeOk(folder, 'import', 'photos/names.txt', 'again.lmdb', '--labels', 'names.lmdb/labels.txt');
  const { stderr } = await ae(folder, 'import', 'photos', 'x.lmdb', '--labels', 'names');
  expect(stderr).toContain('--labels requires a list file, but a folder was given');
});

test('a list without a single valid line is reported in one line that gives the cause', async () => {
  writeFileSync(inFolder('photos', 'csv.txt'), 'disc-000.png,1\ndisc-001.png,2\n');
  const { code, stderr } = await ae(folder, 'import', 'photos/csv.txt', 'x.lmdb');
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^ae import: photos\/csv\.txt: none of its 2 images can be read\. The first: \S+ does not exist: line 1 has a comma between its name and its label; use a space\.\n$/,
  );
  writeFileSync(inFolder('photos', 'absolute.txt'), `${inFolder('photos', 'disc-000.png')} 1\n`);
  const absolute = await ae(folder, 'import', 'photos/absolute.txt', 'x.lmdb');
  expect(absolute.stderr).toMatch(/is absolute, but \S+ is put before it; set the root to \/\.\n$/);
  await aeOk(folder, 'import', 'photos/absolute.txt', 'absolute.lmdb', '--root', '/');
});

test('files beside the class folders are reported', async () => {
  for (const name of ['a', 'b', '__MACOSX/a']) {
    mkdirSync(inFolder('mixed', name), { recursive: true });
    copyFileSync(inFolder('photos', 'disc-000.png'), inFolder('mixed', name, 'x.png'));
  }
  copyFileSync(inFolder('photos', 'disc-000.png'), inFolder('mixed', 'loose.png'));
  const { code, stdout, stderr } = await ae(folder, 'import', 'mixed', 'mixed.lmdb');
  expect(code).toBe(0);
  expect(stdout).toMatch(/classes: 0 a, 1 b\nignored 2 files and folders: loose\.png, __MACOSX\/\n/);
  expect(stderr).toContain('mixed: 1 image lies beside the class folders and was skipped: loose.png');
});

test('a list from Windows, with a byte order mark, is accepted wherever images are', async () => {
  writeFileSync(inFolder('photos', 'mark.txt'), '\ufeffdisc-000.png 1\r\ndisc-001.png 2\r\n');
  expect(await aeOk(folder, 'inspect', 'photos/mark.txt')).toMatch(/records {4}2\n[\s\S]*labels {5}2 distinct, 1 to 2/);
});
