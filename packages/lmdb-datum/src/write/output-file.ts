/** The data file of a database that is being written: pages at their positions, combined into few writes. */
import fs from 'node:fs';
import { promisify } from 'node:util';

const bufferBytes = 1 << 20;
const fdatasync = promisify(fs.fdatasync);

export class OutputFile {
  readonly #fd: number;
  readonly #pageBytes: number;
  readonly #buffer = Buffer.allocUnsafeSlow(bufferBytes);
  #used = 0;
  /** Position of the buffer's bytes in the file. */
  #position = 0;

  constructor(fd: number, pageBytes: number) {
    this.#fd = fd;
    this.#pageBytes = pageBytes;
  }

  get bytes(): number {
    return fs.fstatSync(this.#fd).size;
  }

  /** Writes bytes to the positions of `pages` pages, followed by zeros. They are in the file only after `sync`. */
  writePages(first: number, pages: number, parts: readonly Uint8Array[]): void {
    const position = first * this.#pageBytes;
    const length = pages * this.#pageBytes;
    const isNext = position === this.#position + this.#used;
    // A single page that is reused, between others that are consecutive.
    if (!isNext && position < this.#position && length <= this.#pageBytes) this.#writeParts(position, length, parts);
    else {
      if (!isNext || this.#used + length > bufferBytes) {
        this.flush();
        this.#position = position;
      }
      if (length <= bufferBytes) this.#gather(length, parts);
      else {
        this.#writeParts(position, length, parts);
        this.#position = position + length;
      }
    }
  }

  #gather(length: number, parts: readonly Uint8Array[]): void {
    const end = this.#used + length;
    for (const part of parts) {
      this.#buffer.set(part, this.#used);
      this.#used += part.length;
    }
    this.#buffer.fill(0, this.#used, end);
    this.#used = end;
  }

  #writeParts(position: number, length: number, parts: readonly Uint8Array[]): void {
    let at = position;
    for (const part of parts) {
      this.writeAt(part, at);
      at += part.length;
    }
    if (at < position + length) this.writeAt(Buffer.alloc(position + length - at), at);
  }

  /** Writes immediately. */
  writeAt(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length; ) {
      done += fs.writeSync(this.#fd, bytes, done, bytes.length - done, position + done);
    }
  }

  readAt(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length; ) {
      const got = fs.readSync(this.#fd, bytes, done, bytes.length - done, position + done);
      if (got === 0) return;
      done += got;
    }
  }

  flush(): void {
    const used = this.#used;
    this.#used = 0;
    this.writeAt(this.#buffer.subarray(0, used), this.#position);
    this.#position += used;
  }

  /** Resolves when everything written is on the disk; meanwhile, this thread can do other work. */
  async sync(): Promise<void> {
    this.flush();
    await fdatasync(this.#fd);
  }

  /** Drops what was written after `bytes`, for a transaction that failed. */
  dropPast(bytes: number): void {
    this.#used = 0;
    if (this.bytes > bytes) fs.ftruncateSync(this.#fd, bytes);
  }

  close(): void {
    fs.closeSync(this.#fd);
  }
}
