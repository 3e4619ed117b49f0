/**
 * Reads ranges of a source. Ranges that are requested at the same time and are close to each other are read together: a request costs as
 * much as many bytes.
 */
import { refuse } from '../errors/checks';
import type { ByteSource } from './byte-source';

/** Ranges that are closer than this are joined. */
const gapBytes = 32 << 10;
/** Maximum length of a joined range: one response must not take all memory, and first results should come soon. */
const mostBytes = 4 << 20;
/** Maximum number of simultaneous requests, as in browsers. */
const mostRequests = 6;

interface Wanted {
  readonly start: number;
  readonly end: number;
  resolve(bytes: Buffer): void;
  reject(error: unknown): void;
}

export class JoinedReads {
  /** Requests to the source so far, and the bytes received. */
  readonly traffic = { requests: 0, bytes: 0 };
  readonly #source: ByteSource;
  readonly #signal?: AbortSignal;
  #waiting: Wanted[] = [];
  #underWay = 0;

  constructor(source: ByteSource, signal?: AbortSignal) {
    this.#source = source;
    this.#signal = signal;
  }

  /** Returns bytes `[start, end)`, or fewer if the source ends before, as a view that may be shared. */
  read(start: number, end: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.push({ start, end, resolve, reject });
      // After everything else that is requested in this turn. If others are waiting already, a response will start it.
      if (waiting === 1) queueMicrotask(() => this.#start());
    });
  }

  #start(): void {
    this.#waiting.sort((a, b) => a.start - b.start);
    while (this.#underWay < mostRequests && this.#waiting.length > 0) {
      const [{ start }] = this.#waiting;
      let { end } = this.#waiting[0];
      let count = 1;
      for (; count < this.#waiting.length; count++) {
        const next = this.#waiting[count];
        const joined = Math.max(end, next.end);
        if (next.start - end >= gapBytes || joined - start > mostBytes) break;
        end = joined;
      }
      this.#readAll(this.#waiting.splice(0, count), start, end);
    }
  }

  async #readAll(group: readonly Wanted[], start: number, end: number): Promise<void> {
    this.#underWay++;
    try {
      const bytes = await this.#request(start, end);
      for (const one of group) one.resolve(bytes.subarray(one.start - start, one.end - start));
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
    this.#underWay--;
    this.#start();
  }

  async #request(start: number, end: number): Promise<Buffer> {
    this.#signal?.throwIfAborted();
    const bytes = await this.#source.read(start, end - start, this.#signal);
    if (!(bytes instanceof Uint8Array)) refuse('source', 'bytes of its read(offset, length)', bytes);
    this.traffic.requests++;
    this.traffic.bytes += bytes.length;
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}
