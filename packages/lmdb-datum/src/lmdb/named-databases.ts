/** Named databases: trees whose records are in the unnamed one, under their names. Caffe creates none, but py-lmdb and others do. */
import { describe, InvalidOptionError, UnsupportedFormatError } from '../errors/errors';
import { readTreeRecord, type TreeRecord, treeProblem } from './meta';
import { type Page, treeRecordBytes } from './page';
import type { Pages } from './pages';
import { keyText } from './scan';
import { TreeCursor } from './tree-cursor';

/** LMDB's flags of a tree that change what its pages contain or how its keys are ordered, from bit 1 on. */
const flagNames = ['reversekey', 'dupsort', 'integerkey', 'dupfixed', 'integerdup', 'reversedup'];
const treeFlagBits = 0x7fff;
/** Limits the search, so that a missing name is reported without reading all records of a large database. */
const mostLeavesListed = 16;

/** Describes what is special about a tree that is not plain; such trees are not read. */
export function specialFlags(tree: TreeRecord): string | undefined {
  const flags = tree.flags & treeFlagBits;
  if (flags === 0) return undefined;
  return flagNames.filter((_, bit) => flags & (2 << bit)).join(' and ') || `flags 0x${flags.toString(16)}`;
}

/** @throws UnsupportedFormatError unless the tree is a plain one. */
export function assertPlainTree(tree: TreeRecord, path: string): void {
  const received = specialFlags(tree);
  if (received === undefined) return;
  throw new UnsupportedFormatError(
    {
      where: path,
      expected: 'a plain database',
      received: `one with ${received}`,
      todo: 'Caffe writes no such database, so copy its records into a plain one first',
    },
    { path },
  );
}

/** @throws UnsupportedFormatError if node `i` of a leaf describes a named database instead of a record. */
export function assertNoDatabase({ path }: Pages, leaf: Page, i: number): void {
  if (!leaf.isSubtree(i)) return;
  const key = keyText(leaf.key(i));
  throw new UnsupportedFormatError(
    {
      where: `${path}: key ${key}`,
      expected: 'a record',
      received: 'a named database',
      todo: 'open the database of that name instead',
      option: 'database',
    },
    { path, key },
  );
}

/** The tree that node `i` of a leaf describes. @throws CorruptDatabaseError */
export function namedTree(file: Pages, leaf: Page, i: number): TreeRecord {
  const { offset } = leaf.value(i);
  const tree = readTreeRecord(leaf.bytes.subarray(offset, offset + treeRecordBytes), 0);
  const problem = treeProblem(tree, file.meta.lastPage);
  if (!problem) return tree;
  throw file.corrupt(leaf.number, `a sound record of database ${leaf.key(i).toString()}`, `damage in ${problem}`);
}

/** Finds a named database. @throws InvalidOptionError if there is none with that name */
export function findNamedTree(file: Pages, name: string): TreeRecord {
  const key = Buffer.from(name);
  const cursor = new TreeCursor(file, file.meta.main);
  const found = key.length > 0 && cursor.seek(key) && cursor.leaf.compareKey(cursor.index, key) === 0;
  if (found && cursor.leaf.isSubtree(cursor.index)) return namedTree(file, cursor.leaf, cursor.index);
  const names = listNames(file);
  const others = names.length > 0 ? `, only ${names.slice(0, 8).map(describe).join(', ')}` : '';
  throw new InvalidOptionError(
    {
      state: `${file.path} contains no database named ${describe(name)}${others}`,
      todo: 'leave the name out to open the unnamed one, as in Caffe',
    },
    { path: file.path },
  );
}

/** Returns the names of the named databases of a file, as far as they are found quickly. */
export function listNames(file: Pages): string[] {
  const { main } = file.meta;
  if (main.leafPages > mostLeavesListed || specialFlags(main) !== undefined) return [];
  const names: string[] = [];
  const cursor = new TreeCursor(file, main);
  for (let more = cursor.first(); more; more = cursor.next()) {
    if (cursor.leaf.isSubtree(cursor.index)) names.push(cursor.leaf.key(cursor.index).toString());
  }
  return names;
}
