/** The names of a database's classes, in a file in its folder: one per line, in the order of the labels. */
import fs from 'node:fs';
import path from 'node:path';

/** The file's name. */
export const labelsName = 'labels.txt';

/** Far more than the names of any data set. */
const mostBytes = 16 << 20;

/** Tells whether names can be told apart by their lines. */
export function areLines(names: readonly string[]): boolean {
  return !names.some((name) => /[\r\n]/.test(name));
}

/** Writes names to the folder of a database, if there are any and they can be told apart. */
export function writeClassNames(folder: string, names: readonly string[] = []): void {
  if (names.length === 0 || !areLines(names)) return;
  fs.writeFileSync(path.join(folder, labelsName), names.map((name) => `${name}\n`).join(''));
}

/** Returns the names of the classes of a database, by label; none if they are not known. */
export function readClassNames(dataFile: string): string[] {
  const file = path.join(path.dirname(dataFile), labelsName);
  const found = fs.statSync(file, { throwIfNoEntry: false });
  if (path.basename(dataFile) !== 'data.mdb' || !found?.isFile() || found.size > mostBytes) return [];
  const names = fs.readFileSync(file, 'utf8').split(/\r?\n/);
  return names.at(-1) === '' ? names.slice(0, -1) : names;
}
