/** A file at an address, read with range requests. */
import { refuse } from '../errors/checks';
import { InvalidOptionError, NotReadableError, reasonOf, SourceChangedError } from '../errors/errors';
import type { ByteSource } from './byte-source';

/** How a database at an address is requested. */
export interface HttpOptions {
  /** Headers of each request, such as `Authorization`. For another site's address, a browser then asks the server for permission first. */
  headers?: Record<string, string>;
  /** Used instead of the global `fetch`. */
  fetch?: typeof fetch;
}

/** Makes a source from an address. Each response is checked to belong to the same file. */
export function httpSource(address: string, options: HttpOptions): ByteSource {
  return new HttpSource(address, options);
}

class HttpSource implements ByteSource {
  readonly name: string;
  sizeBytes?: number;
  readonly #address: string;
  readonly #headers: Record<string, string>;
  readonly #fetch: typeof fetch;
  /** Identifies this version of the file: the ETag of the first response, or its time of last change. */
  #version?: string;

  constructor(address: string, { headers = {}, fetch = globalThis.fetch }: HttpOptions) {
    this.#address = address;
    // An address may contain a password or a signature, and errors end up in logs.
    const { protocol, host, pathname } = new URL(address);
    this.name = host ? `${protocol}//${host}${pathname}` : address;
    this.#headers = headers;
    this.#fetch = (input, init) => fetch(input, init);
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    const last = Math.min(offset + length, this.sizeBytes ?? Number.POSITIVE_INFINITY) - 1;
    if (last < offset) return new Uint8Array(0);
    const response = await this.#request(`bytes=${offset}-${last}`, signal);
    const { start = offset, size } = rangeOf(response);
    await this.#assertRange(response);
    this.#assertSame(response, size);
    if (response.status === 416 && !(size !== undefined && size > offset)) return new Uint8Array(0);
    if (response.status === 416) throw this.#unreadable(`refuses bytes ${offset} to ${last}`, 'try again later');
    const bytes = await this.#bodyOf(response, signal);
    const wanted = size === undefined ? bytes.length : Math.min(length, size - offset);
    if (start === offset && bytes.length === wanted && bytes.length <= length) return bytes;
    throw this.#unreadable(
      `answered a request for ${length} bytes at ${offset} with ${bytes.length} bytes at ${start}`,
      'serve the file as it is, without compression',
    );
  }

  async #request(range: string, signal?: AbortSignal): Promise<Response> {
    // Node.js would request a compressed response, whose ranges refer to other bytes; browsers take care of that themselves.
    const headers = { 'Accept-Encoding': 'identity', ...this.#headers, Range: range };
    try {
      const response = await this.#fetch(this.#address, { headers, signal });
      if (typeof response?.arrayBuffer !== 'function') refuse('fetch', 'a function that returns a Response', response);
      return response;
    } catch (cause) {
      if (cause instanceof InvalidOptionError) throw cause;
      signal?.throwIfAborted();
      const { cause: reason } = cause as Error;
      throw this.#unreadable(
        `cannot be reached (${reasonOf(reason ?? cause)})`,
        'check the address and the network; in a browser, also check that the server allows other sites (CORS)',
        cause,
      );
    }
  }

  async #bodyOf(response: Response, signal?: AbortSignal): Promise<Uint8Array> {
    try {
      return new Uint8Array(await response.arrayBuffer());
    } catch (cause) {
      signal?.throwIfAborted();
      throw this.#unreadable(`broke off its response (${reasonOf(cause)})`, 'try again', cause);
    }
  }

  /** Returns a part of the file, and whether it ends before. */
  async #assertRange(response: Response): Promise<void> {
    const { status, statusText } = response;
    if (status === 206) return;
    // The rest of a large file is not needed.
    await response.body?.cancel();
    if (status === 416) return;
    if (status === 200)
      throw this.#unreadable('is only served whole, without ranges', 'use a server that supports range requests');
    throw this.#unreadable(`cannot be read (${`${status} ${statusText}`.trim()})`, adviceOn(status));
  }

  #assertSame({ headers }: Response, size: number | undefined): void {
    const version = headers.get('etag') ?? headers.get('last-modified') ?? undefined;
    this.#version ??= version;
    this.sizeBytes ??= size;
    if (version === this.#version && (size === undefined || size === this.sizeBytes)) return;
    throw new SourceChangedError(
      { state: `${this.name} was replaced while it was being read`, todo: 'open it again' },
      { path: this.name },
    );
  }

  #unreadable(what: string, todo: string, cause?: unknown): NotReadableError {
    return new NotReadableError({ state: `${this.name} ${what}`, todo }, { path: this.name, cause });
  }
}

function adviceOn(status: number): string {
  if (status === 404) return 'check the address; it must be the address of data.mdb itself';
  if (status === 401 || status === 403) return 'pass the headers that the server requires';
  return 'try again later';
}

/** Parses `bytes 0-99/1000`, which a server of another site may hide from a browser. */
function rangeOf({ headers }: Response): { start?: number; size?: number } {
  const [, start, size] = headers.get('content-range')?.match(/^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/) ?? [];
  return {
    ...(start === undefined ? {} : { start: Number(start) }),
    ...(size === undefined || size === '*' ? {} : { size: Number(size) }),
  };
}
