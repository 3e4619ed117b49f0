/** The data file of a database that is being written: pages at their positions, combined into few writes. */
import fs from 'node:fs';
import { promisify } from 'node:util';

/** Writes of fewer bytes are combined. */
const leastBytes = 1 << 20;
/** For the rest of a value's last page: pages have up to 64 KiB. */
const zeros = Buffer.alloc(1 << 16);
/** Fewer bytes are not sent to the disk on their own. */
const leastSent = 4 << 20;

export class OutputFile {
  readonly #fd: number;
  readonly #pageBytes: number;
  /** Consecutive pages that are not in the file yet, and their position in it. */
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #position = 0;
  /** Zeros after the last value. */
  #padding = zeros;
  /** Bytes written since data was last sent to the disk. */
  #unsent = 0;
  #sending?: Promise<void>;

  constructor(fd: number, pageBytes: number) {
    this.#fd = fd;
    this.#pageBytes = pageBytes;
  }

  get bytes(): number {
    return fs.fstatSync(this.#fd).size;
  }

  /**
   * Writes bytes to the positions of `pages` pages, followed by zeros. They are in the file only after `sync`, and must not change until
   * then: they are not copied.
   */
  writePages(first: number, pages: number, parts: readonly Uint8Array[]): void {
    const position = first * this.#pageBytes;
    const length = pages * this.#pageBytes;
    if (position !== this.#position + this.#bytes) {
      // A single page that is reused, between others that are consecutive.
      if (position < this.#position && pages === 1) {
        this.#writeAll(this.#addPadded([], parts, length), position);
        return;
      }
      this.flush();
      this.#position = position;
    }
    this.#addPadded(this.#parts, parts, length);
    this.#bytes += length;
    if (this.#bytes >= leastBytes) this.flush();
  }

  /** Adds parts, and zeros up to this many bytes. Returns `all`. */
  #addPadded(all: Uint8Array[], parts: readonly Uint8Array[], length: number): Uint8Array[] {
    let missing = length;
    for (const part of parts) {
      all.push(part);
      missing -= part.length;
    }
    if (missing === 0) return all;
    // Values of images of one size lack as much.
    if (this.#padding.length !== missing) this.#padding = zeros.subarray(0, missing);
    all.push(this.#padding);
    return all;
  }

  /** Writes immediately. */
  writeAt(bytes: Uint8Array, position: number): void {
    this.#writeAll([bytes], position);
  }

  #writeAll(parts: readonly Uint8Array[], position: number): void {
    let at = position;
    for (let left = parts; left.length > 0; ) {
      const written = fs.writevSync(this.#fd, left, at);
      this.#unsent += written;
      at += written;
      left = withoutFirst(left, written);
    }
  }

  readAt(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length; ) {
      const got = fs.readSync(this.#fd, bytes, done, bytes.length - done, position + done);
      if (got === 0) return;
      done += got;
    }
  }

  /** Sends data to the disk while more is made, if there is enough of it: then `sync`, which reports what failed, has less to wait for. */
  sendAhead(): void {
    if (this.#sending || this.#unsent < leastSent) return;
    this.#unsent = 0;
    this.#sending = promisify(fs.fdatasync)(this.#fd).then(() => {
      this.#sending = undefined;
    });
    // Awaited by `sync`; until then a failure does not count as unhandled.
    this.#sending.catch(() => undefined);
  }

  flush(): void {
    const parts = this.#parts;
    const position = this.#position;
    this.#parts = [];
    this.#position += this.#bytes;
    this.#bytes = 0;
    this.#writeAll(parts, position);
  }

  /** Resolves when everything written is on the disk; meanwhile, this thread can do other work. */
  async sync(): Promise<void> {
    this.flush();
    this.#unsent = 0;
    // The system reports an error only once, perhaps to what was sent ahead.
    const ended = await Promise.allSettled([this.#sent(), promisify(fs.fdatasync)(this.#fd)]);
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
  }

  async #sent(): Promise<void> {
    const sending = this.#sending;
    this.#sending = undefined;
    await sending;
  }

  /** Drops what was written after `bytes`, for a transaction that failed. */
  dropPast(bytes: number): void {
    this.#parts = [];
    this.#bytes = 0;
    if (this.bytes > bytes) fs.ftruncateSync(this.#fd, bytes);
  }

  async close(): Promise<void> {
    await this.#sent().catch(() => undefined);
    fs.closeSync(this.#fd);
  }
}

/** Returns what is left of parts after this many bytes. */
function withoutFirst(parts: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let i = 0;
  let skip = bytes;
  while (i < parts.length && skip >= parts[i].length) skip -= parts[i++].length;
  return skip === 0 ? parts.slice(i) : [parts[i].subarray(skip), ...parts.slice(i + 1)];
}
