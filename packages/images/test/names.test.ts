/** File names that every system accepts, including those of Windows, tested on other systems. */
import path from 'node:path';
import { expect, test } from 'vitest';
import { RecordNames } from '../src/entries/files';
import { commonFolder, folderOfPattern } from '../src/files/patterns';

/** https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
const forbidden = /[\p{Cc}<>:"/\\|?*]|[ .]$/u;
const devices = 'CON PRN AUX NUL CONIN$ CONOUT$'.split(' ');
for (let i = 0; i < 10; i++) devices.push(`COM${i}`, `LPT${i}`);
devices.push('COM¹', 'COM²', 'COM³', 'LPT¹', 'LPT²', 'LPT³');

function isNameOfWindows(part: string): boolean {
  const [stem] = part.split('.');
  return !forbidden.test(part) && !devices.includes(stem.trimEnd().toUpperCase()) && part.length <= 255;
}

const keys = [
  ...devices.flatMap((name) => [name, `${name}.txt`, `${name.toLowerCase()} .jpg`, `${name}/a.jpg`]),
  ...[
    'a.',
    'a. ',
    'b. /c .jpg',
    'a<b>c:"d|e?f*.jpg',
    'a\nb.jpg',
    'a\\b.jpg',
    'C:\\photos\\a.jpg',
    '../../a.jpg',
    '/etc/a.jpg',
  ],
  ...[
    'photo.jpg',
    'Photo.JPG',
    'PHOTO.jpg',
    'photo.jpg/a.jpg',
    'Photo/a.jpg',
    'photo/A.jpg',
    'caf\u00e9.jpg',
    'cafe\u0301.jpg',
  ],
  ...['x'.repeat(500), `${'ü'.repeat(250)}.jpg`, '😀.jpg', '...', '', ' ', '.jpg', 'con', 'aux.txt.jpg'],
];

test('files named by keys have names that Windows accepts, and that are unique there and on a Mac', () => {
  const names = new RecordNames('key');
  const given = keys.map((key, index) => names.nameOf({ index, key }, 'jpeg'));
  for (const name of given) for (const part of name.split('/')) expect(part).toSatisfy(isNameOfWindows);
  for (const name of given) expect(path.win32.resolve('C:\\out', name)).toMatch(/^C:\\out\\./);
  const seen = given.map((name) => name.normalize('NFC').toUpperCase());
  expect(new Set(seen).size).toBe(keys.length);
  const folders = new Set(seen.flatMap((name) => name.split('/').slice(0, -1)));
  for (const name of seen) expect(folders).not.toContain(name);
});

test('a Windows pattern begins with its folder', () => {
  expect(folderOfPattern('C:\\photos\\**\\*.jpg', path.win32.sep)).toBe('C:/photos');
  expect(folderOfPattern('*.jpg', path.win32.sep)).toBe('.');
  expect(folderOfPattern('a\\*/b*.jpg', path.posix.sep)).toBe('.');
});

test.each([
  [path.win32, ['C:\\a\\b\\1.jpg', 'C:\\a\\c\\2.jpg'], 'C:\\a'],
  [path.win32, ['C:/a/1.jpg', 'c:\\A\\b\\2.jpg'], 'C:/a'],
  [path.win32, ['C:\\a\\1.jpg', 'D:\\a\\2.jpg'], undefined],
  [path.win32, ['\\\\server\\share\\a\\1.jpg', '\\\\server\\share\\2.jpg'], '\\\\server\\share\\'],
  [path.posix, ['/a/..b/1.jpg', '/a/2.jpg'], '/a'],
  [path.posix, ['a/1.jpg', 'a/..b/2.jpg'], 'a'],
  [path.posix, ['/a/1.jpg', '/b/2.jpg'], '/'],
])('of files the folder that they have in common', (paths, files, folder) => {
  expect(commonFolder(files, paths)).toBe(folder);
});
