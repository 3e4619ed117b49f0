/** Stores what must be unpacked to be read in a file without a name, which disappears with its process, even if that is killed. */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { PackedFile } from '../files/packed-file';
import { type ArchiveInput, damaged, unusable } from './entry';

/** A file that grows at its end. */
export class Spool {
  readonly fd: number;
  bytes = 0;
  readonly #place: string;
  readonly #folder: string;

  /** @param folder must have space for everything that is added; `place` is for errors. @throws NotReadableError */
  constructor(folder: string, place: string) {
    this.#place = place;
    this.#folder = folder;
    const file = path.join(folder, `ae-${randomUUID().slice(0, 8)}.tmp`);
    try {
      this.fd = fs.openSync(file, 'wx+', 0o600);
      fs.rmSync(file);
    } catch (cause) {
      const reason = (cause as Error).message.replace(/, \w+( '.*)?$/s, '');
      const what = `must be unpacked to be read, but ${folder} is not writable (${reason})`;
      throw unusable(place, what, 'unpack it, and pass the folder', cause);
    }
  }

  /** Appends bytes. @throws NotReadableError if the disk is full */
  add(chunk: Uint8Array): PackedFile {
    const offset = this.bytes;
    try {
      for (let done = 0; done < chunk.length; ) done += fs.writeSync(this.fd, chunk, done);
    } catch (cause) {
      const isFull = (cause as NodeJS.ErrnoException).code === 'ENOSPC';
      const what = isFull ? 'the disk is full' : (cause as Error).message;
      const todo = 'free some space there, or unpack it somewhere else and pass the folder';
      throw unusable(this.#place, `cannot be unpacked into ${this.#folder}: ${what}`, todo, cause);
    }
    this.bytes += chunk.length;
    return { fd: this.fd, offset, bytes: chunk.length };
  }
}

/** Unpacks a gzip file into a spool. @throws NotReadableError */
export async function gunzip({ place, fd, signal }: ArchiveInput, spool: Spool): Promise<void> {
  const unpacked = Readable.from(chunksOf(fd)).pipe(createGunzip({ chunkSize: chunkBytes }));
  try {
    for await (const chunk of unpacked) {
      signal?.throwIfAborted();
      spool.add(chunk);
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR') throw damaged(place, 'is truncated: its gzip data ends too soon', cause);
    if (code?.startsWith('Z_')) throw damaged(place, 'is damaged: its gzip data does not decompress', cause);
    throw cause;
  }
}

const chunkBytes = 1 << 20;

/** A stream over the file would close it. */
function* chunksOf(fd: number): Generator<Uint8Array> {
  for (let at = 0; ; ) {
    const chunk = Buffer.allocUnsafeSlow(chunkBytes);
    const count = fs.readSync(fd, chunk, 0, chunkBytes, at);
    if (count === 0) return;
    at += count;
    yield chunk.subarray(0, count);
  }
}
