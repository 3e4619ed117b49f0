/** Walks a tree around its damage: what cannot be trusted is reported and skipped, the rest is returned in key order. */
import { CorruptDatabaseError } from '../errors/errors';
import type { TreeRecord } from './meta';
import type { Page } from './page';
import type { PageFile } from './page-file';
import { PageSet } from './page-set';

/** Something that cannot be read. */
export interface Damage {
  /** Page concerned. */
  page?: number;
  /** Key of the record that is lost; absent if a whole page is. */
  key?: string;
  /** A description in one sentence. */
  message: string;
}

export interface SalvageOptions {
  onDamage: (damage: Damage) => void;
  integerKeys?: boolean;
}

interface Range {
  low?: Buffer;
  high?: Buffer;
}

/** A leaf of a damaged tree, and which of its nodes can be trusted. */
export interface SalvagedLeaf {
  page: Page;
  /** Indexes of the intact nodes, in key order. */
  nodes: number[];
}

/** Walks a tree's pages. `pages` collects those that it used; each is visited once, so damage cannot cause a cycle. */
export class Salvage {
  branchPages = 0;
  leafPages = 0;
  readonly pages: PageSet;

  readonly #file: PageFile;
  readonly #options: SalvageOptions;

  constructor(file: PageFile, options: SalvageOptions, pages?: PageSet) {
    this.#file = file;
    this.#options = options;
    this.pages = pages ?? new PageSet(file);
  }

  /** Yields the leaves that can be read. */
  *leaves(tree: TreeRecord): Generator<SalvagedLeaf, void, undefined> {
    if (tree.root >= 0) yield* this.#below(tree.root, 1, tree.depth, {});
  }

  *#below(number: number, level: number, depth: number, range: Range): Generator<SalvagedLeaf, void, undefined> {
    const page = this.#read(number, level === depth);
    if (!page) return;
    if (page.damage !== undefined) this.#report(number, `it has ${page.damage}, though its keys can be read`);
    for (const [i, problem] of page.damagedNodes) {
      this.#report(
        number,
        `node ${i} has ${problem}, so ${page.isLeaf ? 'its record is' : 'the pages below it are'} lost`,
      );
    }
    const nodes = this.#soundNodes(page, range);
    if (page.isLeaf) {
      this.leafPages++;
      yield { page, nodes };
      return;
    }
    this.branchPages++;
    for (const [at, i] of nodes.entries()) {
      const next = nodes[at + 1];
      const low = i === 0 ? range.low : page.key(i);
      const high = next === undefined ? range.high : page.key(next);
      // After a damaged node, the upper bound is that of the next intact one, which is no tighter than the truth.
      yield* this.#below(page.child(i), level + 1, depth, { low, high });
    }
  }

  #read(number: number, wantLeaf: boolean): Page | undefined {
    try {
      const page = this.#file.readPage(number, { lenient: true, integerKeys: this.#options.integerKeys });
      if (page.isLeaf !== wantLeaf) {
        throw this.#file.corrupt(number, wantLeaf ? 'a leaf' : 'a branch', page.isLeaf ? 'a leaf' : 'a branch');
      }
      this.pages.add(number, 1);
      return page;
    } catch (error) {
      if (!(error instanceof CorruptDatabaseError)) throw error;
      this.#options.onDamage({ page: error.page ?? number, message: error.sentence });
      return undefined;
    }
  }

  /** Returns the nodes whose keys are in the range that the pages above determine. */
  #soundNodes(page: Page, { low, high }: Range): number[] {
    const nodes: number[] = [];
    for (let i = 0; i < page.count; i++) {
      if (page.damagedNodes.has(i)) continue;
      const isOutside =
        !this.#options.integerKeys &&
        (page.isLeaf || i > 0) &&
        ((low && page.compareKey(i, low) < 0) || (high && page.compareKey(i, high) >= 0));
      if (isOutside) this.#report(page.number, `key ${i} is outside the range given by its parent page`);
      else nodes.push(i);
    }
    return nodes;
  }

  #report(page: number, what: string): void {
    this.#options.onDamage({ page, message: `${this.#file.path}: page ${page}: ${what}.` });
  }
}
