/** Joins reads that are asked for at once and lie near each other: over HTTP a request costs more than the bytes between two ranges. */
import type { Source } from './source';

/** Ranges that are less than this apart are read as one. */
const gapBytes = 32 << 10;
/** No request is for more, but for a single value that is larger. */
const mostBytes = 4 << 20;

interface Wanted {
  readonly offset: number;
  readonly end: number;
  resolve(bytes: Uint8Array): void;
  reject(error: unknown): void;
}

export class JoinedReads {
  #waiting: Wanted[] = [];
  readonly #source: Source;
  readonly #signal?: AbortSignal;

  constructor(source: Source, signal?: AbortSignal) {
    this.#source = source;
    this.#signal = signal;
  }

  /** Reads a range, with others that are asked for before this turn of the event loop ends. */
  read(offset: number, length: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setTimeout(() => this.#readAll(this.#waiting.splice(0)));
      this.#waiting.push({ offset, end: offset + length, resolve, reject });
    });
  }

  #readAll(waiting: Wanted[]): void {
    waiting.sort((a, b) => a.offset - b.offset);
    let group: Wanted[] = [];
    let end = 0;
    for (const wanted of waiting) {
      const [first] = group;
      const joins = first && wanted.offset - end < gapBytes && wanted.end - first.offset <= mostBytes;
      if (first && !joins) this.#readGroup(group, end);
      if (!joins) group = [];
      end = joins ? Math.max(end, wanted.end) : wanted.end;
      group.push(wanted);
    }
    this.#readGroup(group, end);
  }

  async #readGroup(group: readonly Wanted[], end: number): Promise<void> {
    const [{ offset: start }] = group;
    try {
      const bytes = await this.#source.read(start, end - start, this.#signal);
      for (const { offset, end: wantedEnd, resolve } of group)
        resolve(bytes.subarray(offset - start, wantedEnd - start));
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
