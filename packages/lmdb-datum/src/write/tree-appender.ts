/**
 * Adds records after the last key of a B+tree. Only its right-most path changes: it is kept in memory, and each of its pages is written
 * when it is full or when the transaction ends, from the bottom up, so that a page gets its number when it is written.
 */
import type { TreeRecord } from '../lmdb/meta';
import type { PageFile } from '../lmdb/page-file';
import {
  branchNodeBytes,
  buildBranch,
  buildOverflowHeader,
  type Child,
  emptyBranchBytes,
  isOverflow,
  LeafBuilder,
  overflowPages,
} from './page-builder';

/** What a tree needs from the transaction that it is written in. */
export interface PageStore {
  readonly pageBytes: number;
  /** Returns the first of this many consecutive pages. */
  allocate(pages: number): number;
  /** Records that a page of the last transaction is no longer used. */
  free(page: number): void;
  /** Writes complete pages from page `first` on. */
  write(first: number, page: Uint8Array): void;
  /** Writes a value after its header, to this many pages. */
  writeValue(first: number, pages: number, header: Uint8Array, value: Uint8Array): void;
}

/** The right-most page of a level. */
interface Open {
  /** Its key in the page above. */
  separator: Buffer;
  /** Where its current contents are, if they have been written. Always there: objects of several shapes make V8 compile again and again. */
  writtenAt: number | undefined;
}

interface OpenLeaf extends Open {
  builder: LeafBuilder;
}

/** The children of a branch except the open one. */
interface OpenBranch extends Open {
  children: Child[];
  bytes: number;
}

const lowest = Buffer.alloc(0);
const pageNumberBytes = 8;
export const emptyTree: TreeRecord = {
  ...{ flags: 0, depth: 0, branchPages: 0, leafPages: 0, overflowPages: 0, entries: 0, root: -1 },
};

export class TreeAppender {
  readonly #record: TreeRecord;
  #leaf?: OpenLeaf;
  /** From the leaves up. */
  #branches: OpenBranch[];

  private constructor(record: TreeRecord, leaf: OpenLeaf | undefined, branches: OpenBranch[]) {
    this.#record = record;
    this.#leaf = leaf;
    this.#branches = branches;
  }

  static empty(flags = 0): TreeAppender {
    return new TreeAppender(copyOf({ ...emptyTree, flags }), undefined, []);
  }

  /** Reads the right-most path of a tree. @throws CorruptDatabaseError */
  static from(file: PageFile, record: TreeRecord): TreeAppender {
    if (record.root < 0) return TreeAppender.empty(record.flags);
    const branches: OpenBranch[] = [];
    let number = record.root;
    let separator: Buffer = lowest;
    for (let level = 1; ; level++) {
      const page = file.readPage(number, {});
      const isLeaf = level === record.depth;
      if (page.isLeaf !== isLeaf) {
        throw file.corrupt(number, isLeaf ? 'a leaf' : 'a branch', page.isLeaf ? 'a leaf' : 'a branch');
      }
      if (isLeaf) {
        const leaf = { separator, writtenAt: number, builder: LeafBuilder.from(page) };
        return new TreeAppender(copyOf(record), leaf, branches);
      }
      const children = Array.from({ length: page.count - 1 }, (_, i) => ({
        key: Buffer.from(page.key(i)),
        page: page.child(i),
      }));
      branches.unshift({ separator, writtenAt: number, children, bytes: bytesOf(children) });
      separator = Buffer.from(page.key(page.count - 1));
      number = page.child(page.count - 1);
    }
  }

  /** Returns a tree that can be changed independently, so that a failed transaction leaves this one unchanged. */
  copy(): TreeAppender {
    const leaf = this.#leaf;
    return new TreeAppender(
      copyOf(this.#record),
      leaf && { separator: leaf.separator, writtenAt: leaf.writtenAt, builder: leaf.builder.copy() },
      this.#branches.map((branch) => ({ ...branch, children: [...branch.children] })),
    );
  }

  /** @param key Above all keys of the tree. It is not stored. */
  append(key: Uint8Array, value: Uint8Array, store: PageStore): void {
    const { pageBytes } = store;
    if (!isOverflow(key.length, value.length, pageBytes)) {
      this.#leafFor(key, value.length, store).add(key, value);
    } else {
      const pages = overflowPages(value.length, pageBytes);
      const first = store.allocate(pages);
      store.writeValue(first, pages, buildOverflowHeader(first, pages), value);
      this.#leafFor(key, pageNumberBytes, store).addReference(key, value.length, first);
      this.#record.overflowPages += pages;
    }
    this.#record.entries++;
  }

  /** Returns the open leaf, or a new one if it has no space. */
  #leafFor(key: Uint8Array, payloadBytes: number, store: PageStore): LeafBuilder {
    if (this.#leaf?.builder.hasRoom(key.length, payloadBytes)) {
      touch(this.#leaf, store);
      return this.#leaf.builder;
    }
    if (this.#leaf) this.#addChild(0, { key: this.#leaf.separator, page: this.#writeLeaf(this.#leaf, store) }, store);
    else this.#record.depth = 1;
    const separator = this.#leaf ? Buffer.from(key) : lowest;
    this.#leaf = { separator, writtenAt: undefined, builder: LeafBuilder.empty(store.pageBytes) };
    this.#record.leafPages++;
    return this.#leaf.builder;
  }

  #writeLeaf({ builder, writtenAt }: OpenLeaf, store: PageStore): number {
    if (writtenAt !== undefined) return writtenAt;
    const page = store.allocate(1);
    store.write(page, builder.finish(page));
    return page;
  }

  /** Adds a complete page to the branch above. */
  #addChild(level: number, child: Child, store: PageStore): void {
    const branch = this.#branches[level] ?? this.#grow();
    touch(branch, store);
    const bytes = branch.children.length === 0 ? branchNodeBytes(0) : branchNodeBytes(child.key.length);
    if (branch.bytes + bytes <= store.pageBytes) {
      branch.children.push(child);
      branch.bytes += bytes;
      return;
    }
    // A branch has at least two children, so the new one takes one from the full one.
    const moved = branch.children.pop() as Child;
    const page = writeBranch(branch, store);
    this.#addChild(level + 1, { key: branch.separator, page }, store);
    const children = [moved, child];
    this.#branches[level] = { separator: moved.key, writtenAt: undefined, children, bytes: bytesOf(children) };
    this.#record.branchPages++;
  }

  #grow(): OpenBranch {
    const root: OpenBranch = { separator: lowest, writtenAt: undefined, children: [], bytes: emptyBranchBytes };
    this.#branches.push(root);
    this.#record.branchPages++;
    this.#record.depth++;
    return root;
  }

  /** Writes what is open, to continue from there. Returns the record of the tree. */
  finish(store: PageStore): TreeRecord {
    const leaf = this.#leaf;
    if (!leaf) return copyOf(this.#record);
    leaf.writtenAt = this.#writeLeaf(leaf, store);
    let open: Open = leaf;
    // Adding to a branch may split it, and create one above.
    for (let level = 0; level < this.#branches.length; level++) {
      this.#addChild(level, { key: open.separator, page: open.writtenAt as number }, store);
      const branch = this.#branches[level];
      branch.writtenAt = writeBranch(branch, store);
      open = branch;
    }
    this.#record.root = open.writtenAt as number;
    for (const branch of this.#branches) {
      branch.children.pop();
      branch.bytes = bytesOf(branch.children);
    }
    return copyOf(this.#record);
  }
}

/** Spelled out: V8 gives each copy by `...` another shape, and compiles what uses it again. */
function copyOf({ flags, depth, branchPages, leafPages, overflowPages, entries, root }: TreeRecord): TreeRecord {
  return { flags, depth, branchPages, leafPages, overflowPages, entries, root };
}

function touch(page: Open, store: PageStore): void {
  if (page.writtenAt !== undefined) store.free(page.writtenAt);
  page.writtenAt = undefined;
}

function writeBranch({ children }: OpenBranch, store: PageStore): number {
  const page = store.allocate(1);
  store.write(page, buildBranch(page, children, store.pageBytes));
  return page;
}

function bytesOf(children: readonly Child[]): number {
  return children.reduce<number>(
    (bytes, { key }, i) => bytes + branchNodeBytes(i === 0 ? 0 : key.length),
    emptyBranchBytes,
  );
}
