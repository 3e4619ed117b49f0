/** Writes a tar that contains only files, with the same bytes for the same files. */
import fs from 'node:fs';
import { Header, Pax } from 'tar';

const blockBytes = 512;

/** Writes a tar file by file, with names of any length. */
export class TarWriter {
  bytes = 0;
  readonly #fd: number;

  /** @param fd is open for writing; the caller closes it. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Adds a file. @throws the operating system's error */
  add(name: string, file: Uint8Array): void {
    const fields = { path: name, size: file.length, mode: 0o644, mtime: new Date(0) };
    const header = new Header({ ...fields, type: 'File' });
    // Whatever a POSIX header has no room for precedes it.
    if (header.encode()) this.#write(new Pax({ path: name, size: file.length }).encode());
    this.#write(header.block);
    this.#write(file);
    this.#write(Buffer.alloc(-file.length & (blockBytes - 1)));
  }

  /** Writes the end marker. */
  finish(): void {
    this.#write(Buffer.alloc(2 * blockBytes));
  }

  #write(bytes: Uint8Array | undefined): void {
    if (!bytes) return;
    for (let done = 0; done < bytes.length; ) done += fs.writeSync(this.#fd, bytes, done);
    this.bytes += bytes.length;
  }
}
