/** Sets of page numbers, stored as ranges, from which runs are taken. */

interface Range {
  first: number;
  count: number;
}

export class PageRanges {
  /** In ascending order. */
  #ranges: Range[] = [];
  /** No range is as long as this. */
  #tooLong = Number.POSITIVE_INFINITY;

  copy(): PageRanges {
    const copy = new PageRanges();
    copy.#ranges = this.#ranges.map((range) => ({ ...range }));
    copy.#tooLong = this.#tooLong;
    return copy;
  }

  add(pages: readonly number[]): void {
    if (pages.length === 0) return;
    const added = pages.map((first): Range => ({ first, count: 1 }));
    const merged: Range[] = [];
    for (const { first, count } of [...this.#ranges, ...added].sort((a, b) => a.first - b.first)) {
      const last = merged.at(-1);
      if (last && last.first + last.count === first) last.count += count;
      else merged.push({ first, count });
    }
    this.#ranges = merged;
    this.#tooLong = Number.POSITIVE_INFINITY;
  }

  /** Takes `count` consecutive pages. Returns the first of them, or undefined if there are none. */
  take(count: number): number | undefined {
    if (count >= this.#tooLong) return undefined;
    const i = this.#ranges.findLastIndex((range) => range.count >= count);
    if (i < 0) {
      this.#tooLong = count;
      return undefined;
    }
    const range = this.#ranges[i];
    const { first } = range;
    if (range.count === count) this.#ranges.splice(i, 1);
    else this.#ranges[i] = { first: first + count, count: range.count - count };
    return first;
  }

  pages(): number[] {
    const pages: number[] = [];
    for (const { first, count } of this.#ranges) for (let i = 0; i < count; i++) pages.push(first + i);
    return pages;
  }
}
