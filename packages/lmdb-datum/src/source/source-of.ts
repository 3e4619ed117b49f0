/** Makes sources of what people have: addresses, Blobs, bytes. */
import { describe, InvalidOptionError } from '../errors';
import { httpSource } from './http-source';
import type { Source } from './source';

/** What a source is made of. Text is an address. */
export type SourceLike = Source | Blob | ArrayBuffer | Uint8Array | URL | string;

/** Makes a source of what holds bytes. @throws InvalidOptionError */
export function sourceOf(from: SourceLike): Source {
  if (from instanceof Uint8Array) return bytesSource(from);
  if (from instanceof ArrayBuffer) return bytesSource(new Uint8Array(from));
  if (typeof Blob !== 'undefined' && from instanceof Blob) return blobSource(from);
  if (typeof from === 'string' || from instanceof URL) return httpSource(from);
  const own = from as Partial<Source> | undefined;
  if (typeof own?.read === 'function' && typeof own.size === 'function') return own as Source;
  throw new InvalidOptionError({
    where: 'source',
    expected: 'an address, a Blob, bytes, or an object with size and read',
    received: describe(from),
    todo: 'open a path with openDatumLmdb',
  });
}

function bytesSource(bytes: Uint8Array): Source {
  return {
    name: 'bytes in memory',
    size: async () => bytes.length,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  };
}

/** A Blob or a File, which reads of itself no more than it is asked for. */
function blobSource(blob: Blob & { readonly name?: string }): Source {
  return {
    name: blob.name ?? 'a Blob',
    size: async () => blob.size,
    read: async (offset, length) => new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer()),
  };
}
