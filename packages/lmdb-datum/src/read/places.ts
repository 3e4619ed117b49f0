/**
 * Where the records of an open database are: along its tree, or, if it is read around damage, along an index of those that can be reached.
 */
import { buildKeyIndex, type KeyIndex, salvageKeyIndex } from '../lmdb/key-index';
import { loadKeyIndex, saveKeyIndex } from '../lmdb/key-index-file';
import type { TreeRecord } from '../lmdb/meta';
import { assertPlainTree, findNamedTree } from '../lmdb/named-databases';
import type { PageFile } from '../lmdb/page-file';
import type { Damage } from '../lmdb/salvage';
import { lowerBound, placeOf, type RecordPlace, type ScanOptions, scanIndex, scanTree } from '../lmdb/scan';
import { TreeCursor } from '../lmdb/tree-cursor';
import type { OpenOptions } from './options';

export class Places {
  readonly file: PageFile;
  readonly tree: TreeRecord;
  /** What could not be read so far. */
  readonly damage: Damage[] = [];
  /** Records what could not be read. Set if opened with `lenient`; without it, damage is an error. */
  readonly addDamage?: (damage: Damage) => void;
  readonly #indexFile?: string;
  #index?: KeyIndex;

  constructor(file: PageFile, { database, lenient = false, indexFile }: OpenOptions) {
    this.file = file;
    if (indexFile !== undefined) this.#indexFile = indexFile === true ? `${file.path}.index` : indexFile;
    this.tree = database === undefined ? file.meta.main : findNamedTree(file, database);
    assertPlainTree(this.tree, file.path);
    if (!lenient) return;
    // A record that is read again is not lost again.
    const known = new Set<string>();
    this.addDamage = (found) => {
      if (!known.has(found.message)) this.damage.push(found);
      known.add(found.message);
    };
    if (file.metaDamage !== undefined) this.addDamage({ message: `${file.path}: ${file.metaDamage}.` });
    this.#index = salvageKeyIndex(file, this.tree, this.addDamage);
  }

  /** Number of all records; if opened with `lenient`, of those that can be reached. */
  get count(): number {
    return this.#index?.length ?? this.tree.entries;
  }

  scan(options: ScanOptions): Iterable<RecordPlace> {
    return this.addDamage ? scanIndex(this.file, this.index(), options) : scanTree(this.file, this.tree, options);
  }

  /** Returns the position of a key, or undefined if it does not exist. */
  find(key: Uint8Array): RecordPlace | undefined {
    const place = this.addDamage ? this.#findInIndex(key) : this.#findInTree(key);
    return place && place.leaf.compareKey(place.index, key) === 0 ? place : undefined;
  }

  /** The index of all keys, which is loaded or built when it is first needed. */
  index(): KeyIndex {
    if (this.#index) return this.#index;
    const { file, tree } = this;
    const indexFile = this.#indexFile;
    const loaded = indexFile === undefined ? undefined : loadKeyIndex(indexFile, file, tree);
    this.#index = loaded ?? buildKeyIndex(file, tree);
    if (indexFile !== undefined && !loaded) saveKeyIndex(indexFile, this.#index, file, tree);
    return this.#index;
  }

  close(): void {
    this.file.close();
    this.#index = undefined;
  }

  #findInTree(key: Uint8Array): RecordPlace | undefined {
    const cursor = new TreeCursor(this.file, this.tree);
    return cursor.seek(key) ? cursor : undefined;
  }

  #findInIndex(key: Uint8Array): RecordPlace | undefined {
    const index = this.index();
    const i = lowerBound(this.file, index, key);
    return i < index.length ? placeOf(this.file, index, i) : undefined;
  }
}
