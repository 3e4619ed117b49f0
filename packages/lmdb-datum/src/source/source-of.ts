/** Makes sources from addresses, Blobs and bytes. */
import { assertName, assertWhole, refuse } from '../errors/checks';
import { NotReadableError, reasonOf } from '../errors/errors';
import type { ByteSource } from './byte-source';
import { type HttpOptions, httpSource } from './http-source';

/** What can be opened: an address, bytes, a Blob or File, or a custom source. */
export type SourceInput = string | URL | Blob | ArrayBuffer | Uint8Array | ByteSource;

/** Makes a source from something that contains bytes. @throws InvalidOptionError */
export function sourceOf(input: SourceInput, options: HttpOptions): ByteSource {
  if (input instanceof ArrayBuffer) return bytesSource(new Uint8Array(input));
  if (input instanceof Uint8Array) return bytesSource(input);
  if (input instanceof Blob) return blobSource(input);
  if (typeof input === 'string' || input instanceof URL) return httpSource(addressOf(input), options);
  if (typeof input?.read === 'function') return checkSource(input);
  refuse('source', 'an address, a Blob, bytes, or an object with read(offset, length)', input, 'pass one of them');
}

function checkSource(source: ByteSource): ByteSource {
  assertName('source.name', source.name);
  if (source.sizeBytes !== undefined) assertWhole('source.sizeBytes', source.sizeBytes, 0);
  return source;
}

/** An address; on a page, it may be relative. */
function addressOf(input: string | URL): string {
  const { location } = globalThis as { location?: { href: string } };
  try {
    const { protocol, href } = new URL(input, location?.href);
    if (/^(https?|blob):$/.test(protocol)) return href;
  } catch {
    // Said below.
  }
  refuse('source', 'an address that begins with http: or https:', input, 'open the path of a file with openDatumLmdb');
}

function bytesSource(bytes: Uint8Array): ByteSource {
  const name = `the ${bytes.length} bytes`;
  return { name, sizeBytes: bytes.length, read: async (offset, length) => bytes.subarray(offset, offset + length) };
}

function blobSource(blob: Blob): ByteSource {
  const name = 'name' in blob && typeof blob.name === 'string' ? blob.name : `a Blob of ${blob.size} bytes`;
  return {
    name,
    sizeBytes: blob.size,
    async read(offset, length) {
      try {
        return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
      } catch (cause) {
        // A File that has changed on the disk since it was chosen.
        throw new NotReadableError(
          { state: `${name} cannot be read (${reasonOf(cause)})`, todo: 'choose the file again' },
          { path: name, cause },
        );
      }
    },
  };
}
