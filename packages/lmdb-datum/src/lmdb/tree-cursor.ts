/** Walks a B+tree's leaves in key order, in either direction, checking on each step down that a child stays within its parent's range. */
import type { TreeRecord } from './meta';
import type { Page } from './page';
import type { Pages } from './pages';

interface Level {
  page: Page;
  index: number;
  /** Keys below this page are at least `low` and less than `high`. */
  low?: Buffer;
  high?: Buffer;
}

/**
 * A position in a tree. `leaf` and `index` are valid after a seek or step that returned true.
 *
 * Keys ascend strictly inside a page and each child stays within its parent's range, so a damaged file cannot make the cursor go around in
 * a cycle: keys only move forward, and the depth is fixed.
 */
export class TreeCursor {
  readonly #levels: Level[] = [];

  readonly #file: Pages;
  readonly #tree: TreeRecord;

  constructor(file: Pages, tree: TreeRecord) {
    this.#file = file;
    this.#tree = tree;
  }

  get leaf(): Page {
    return this.#top.page;
  }

  get index(): number {
    return this.#top.index;
  }

  /** False before the first seek and in an empty tree. */
  get isPlaced(): boolean {
    return this.#levels.length > 0;
  }

  get #top(): Level {
    return this.#levels[this.#levels.length - 1];
  }

  /** Moves to the first key. */
  first(): boolean {
    return this.#descendFromRoot(() => 0);
  }

  /** Moves to the last key. */
  last(): boolean {
    return this.#descendFromRoot((page) => page.count - 1);
  }

  /** Moves to the first key that is not less than `key`. Returns false if there is none; `previous()` then moves to the last key. */
  seek(key: Uint8Array): boolean {
    if (!this.#descendFromRoot((page) => page.search(key))) return false;
    return this.#top.index < this.#top.page.count || this.#climbAndDescend(1);
  }

  /** Moves to the first key of a leaf at about `fraction` (0 to 1) of the database, judging by the shape of the tree. */
  near(fraction: number): boolean {
    let rest = fraction;
    return this.#descendFromRoot((page) => {
      if (page.isLeaf) return 0;
      const place = rest * page.count;
      const index = Math.min(page.count - 1, Math.floor(place));
      rest = place - index;
      return index;
    });
  }

  /** Returns the page numbers of up to `most` leaves after this one, as far as the page above lists them. */
  leavesAhead(most: number): number[] {
    const above = this.#levels[this.#levels.length - 2];
    if (!above) return [];
    const { page, index } = above;
    return Array.from({ length: Math.min(most, page.count - 1 - index) }, (_, i) => page.child(index + 1 + i));
  }

  /** All keys of this leaf are less than this one, and those of the next leaf are not; undefined in the last leaf. */
  get leafEnd(): Buffer | undefined {
    return this.#top.high;
  }

  /** Steps to the next key. */
  next(): boolean {
    return ++this.#top.index < this.#top.page.count || this.#climbAndDescend(1);
  }

  /** Steps to the previous key. */
  previous(): boolean {
    return --this.#top.index >= 0 || this.#climbAndDescend(-1);
  }

  /** Moves to the first key of the next leaf. */
  nextLeaf(): boolean {
    this.#top.index = this.#top.page.count;
    return this.#climbAndDescend(1);
  }

  #descendFromRoot(choose: (page: Page) => number): boolean {
    this.#levels.length = 0;
    if (this.#tree.root < 0) return false;
    this.#push(this.#tree.root, choose);
    this.#descend(choose);
    return true;
  }

  #descend(choose: (page: Page) => number): void {
    while (this.#levels.length < this.#tree.depth) {
      const { page, index, low, high } = this.#top;
      this.#push(
        page.child(index),
        choose,
        index === 0 ? low : page.key(index),
        index + 1 < page.count ? page.key(index + 1) : high,
      );
    }
  }

  /** Moves up until a step in `direction` is possible, takes it, and moves down along that side. */
  #climbAndDescend(direction: 1 | -1): boolean {
    let depth = this.#levels.length - 2;
    while (depth >= 0) {
      const level = this.#levels[depth];
      const index = level.index + direction;
      if (index >= 0 && index < level.page.count) {
        level.index = index;
        this.#levels.length = depth + 1;
        this.#descend((page) => (direction === 1 ? 0 : page.count - 1));
        return true;
      }
      depth--;
    }
    return false;
  }

  #push(number: number, choose: (page: Page) => number, low?: Buffer, high?: Buffer): void {
    const page = this.#file.page(number);
    const wantLeaf = this.#levels.length + 1 === this.#tree.depth;
    if (page.isLeaf !== wantLeaf) {
      throw this.#file.corrupt(number, wantLeaf ? 'a leaf' : 'a branch', page.isLeaf ? 'a leaf' : 'a branch');
    }
    for (const [node, problem] of page.damagedNodes)
      throw this.#file.corrupt(number, `node ${node} to be sound`, problem);
    if (page.damage !== undefined) throw this.#file.corrupt(number, 'a page that is sound as a whole', page.damage);
    if (!page.isWithin(low, high)) {
      throw this.#file.corrupt(number, 'keys within the range that the parent page gives', 'keys outside it');
    }
    this.#levels.push({ page, index: choose(page), low, high });
  }
}
