import { CorruptDatabaseError, describe } from '../errors/errors';
import { checkFreeList } from '../lmdb/free-list';
import { buildKeyIndex } from '../lmdb/key-index';
import type { TreeRecord } from '../lmdb/meta';
import { assertPlainTree, findNamedTree, specialFlags } from '../lmdb/named-databases';
import { PageFile } from '../lmdb/page-file';
import { PageSet } from '../lmdb/page-set';
import type { Damage } from '../lmdb/salvage';
import { ValueReader } from '../lmdb/value-reader';
import { Findings } from './findings';
import type { VerifyOptions, VerifyReport } from './report';
import { type CheckedFile, TreeWalk } from './tree-walk';

/**
 * Checks a file that was opened leniently: its trees one after the other, the list of free pages, and everything once more as a strict
 * reader.
 */
export async function verifyFile(file: PageFile, options: VerifyOptions): Promise<VerifyReport> {
  const { main, lastPage } = file.meta;
  const { database } = options;
  assertPlainTree(main, file.path);
  if (database !== undefined) findNamedTree(file, database);
  const findings = new Findings(options);
  const checked = { file, used: new PageSet(file), values: new ValueReader(file), options, findings };
  if (file.metaDamage !== undefined) findings.add({ page: 0, message: `${file.path}: ${file.metaDamage}.` });
  const whole = await checkTree(checked, database === undefined, main);
  for (const { name, tree } of whole.named) {
    const isWanted = database === undefined || database === name;
    const special = specialFlags(tree);
    if (special === undefined) await checkTree(checked, isWanted, tree, name);
    else if (isWanted) findings.databases.push({ name, records: 0, readable: 0, notRead: notReadAs(special) });
  }
  const usedPages = checked.used.size;
  const freePages = checkFreePages(checked);
  file.assertUnchanged();
  if (findings.damage.length === 0) readStrictly(checked, whole);
  findings.tellProgress();
  const { damage, databases, imagesSkipped } = findings;
  const sum = (count: 'records' | 'readable') => databases.reduce((total, found) => total + found[count], 0);
  return {
    ...{ path: file.path, ok: damage.length === 0, records: sum('records'), readable: sum('readable') },
    ...{ databases, imagesSkipped, pages: lastPage + 1, usedPages, freePages, damage },
  };
}

const notReadAs = (special: string) =>
  `${special}: databases of this kind are not read, and its pages were not checked`;

async function checkTree(checked: CheckedFile, isWanted: boolean, tree: TreeRecord, name?: string): Promise<TreeWalk> {
  const walk = new TreeWalk(checked, tree, name);
  await walk.run(isWanted);
  settle(checked, walk, isWanted);
  return walk;
}

/** Records what a walk has found. */
function settle({ file, findings }: CheckedFile, walk: TreeWalk, isWanted: boolean): void {
  const { name, lost, named, records, readable, strangers, others, metaInfo } = walk;
  // A named database may contain something else; then none of its records is a Datum.
  const isOther = name !== undefined && strangers > 0 && strangers === lost.length && strangers === walk.seen;
  const damage = isOther ? [] : [...lost, ...(isWanted ? wrongCountSaid(walk) : []), ...(metaInfo?.damage ?? [])];
  for (const each of [...damage, ...wrongCounts(file, walk)]) findings.add(each);
  if (name === undefined && records > 0) for (const found of named) findings.add(amongRecords(file, found.name));
  if (!isWanted || (name === undefined && records === 0 && named.length > 0)) return;
  const notRead = isOther ? `${records} records, none of them an image: their values were not checked` : undefined;
  const schema = isOther || records === 0 ? undefined : walk.format?.description;
  findings.databases.push({
    ...(name === undefined ? {} : { name }),
    ...(schema && { schema }),
    ...(isOther ? { records: 0, readable: 0 } : { records, readable }),
    ...(others > 0 && { others }),
    ...(metaInfo && { metaInfo: metaInfo.said }),
    ...(notRead === undefined ? {} : { notRead }),
  });
}

/** Returns what is wrong if the database claims another number of images. */
function wrongCountSaid({ format, lookup, records }: TreeWalk): Damage[] {
  const said = lookup && format?.schema.countSaid?.(lookup);
  if (!said || said.count === records) return [];
  const { key, count } = said;
  const message = `key ${key}: expected ${records}, the number of images, received ${count}.`;
  return [{ key, message }];
}

/** Returns what is wrong if the header of a tree has other counts. */
function wrongCounts(file: PageFile, { name, tree, branchPages, leafPages, overflowPages, seen }: TreeWalk): Damage[] {
  const found: Partial<TreeRecord> = { branchPages, leafPages, overflowPages, entries: seen };
  const different = Object.entries(found).filter(([name, count]) => tree[name as keyof TreeRecord] !== count);
  if (different.length === 0) return [];
  const list = different.map(([name, count]) => `${name} ${count} instead of ${tree[name as keyof TreeRecord]}`);
  const where = name === undefined ? file.path : `${file.path}: database ${describe(name)}`;
  const message = `${where}: expected what the header counts, received ${list.join(', ')}.`;
  return [{ page: file.meta.page, message }];
}

/** Reading the unnamed database would stop at such a key. */
function amongRecords({ path }: PageFile, key: string): Damage {
  return { key, message: `${path}: a named database is among the records, and reading them stops there.` };
}

/** Checks the list of free pages, and returns their number. */
function checkFreePages({ file, used, values, findings }: CheckedFile): number {
  if (file.layout.format !== 1) return 0;
  return checkFreeList(file.meta.free, { file, used, values, onDamage: (damage) => findings.add(damage) });
}

/** Reads the trees once more as a strict reader, so that nothing is called sound that it would refuse. */
function readStrictly({ file, findings }: CheckedFile, { tree, named }: TreeWalk): void {
  const strict = new PageFile(file.path, { snapshot: file.metaPageBytes });
  try {
    for (const each of [tree, ...named.map((found) => found.tree)]) {
      if (specialFlags(each) === undefined) buildKeyIndex(strict, each);
    }
  } catch (error) {
    if (!(error instanceof CorruptDatabaseError)) throw error;
    findings.add({ page: error.page, message: error.sentence });
  } finally {
    strict.close();
  }
}
