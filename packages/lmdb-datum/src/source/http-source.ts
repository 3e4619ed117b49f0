/** Reads ranges of a file over HTTP. */
import { NotReadableError, reasonOf, SourceChangedError } from '../errors';
import type { Source } from './source';

export interface HttpSourceOptions {
  /** Sent with each request, such as an authorization. */
  headers?: Record<string, string>;
  /** Default: the global one. */
  fetch?: typeof fetch;
}

/** Makes a source of an address whose server takes range requests. Each answer is checked to be of the same file. */
export function httpSource(address: string | URL, options: HttpSourceOptions = {}): Source {
  return new HttpSource(String(address), options);
}

/** The meta pages, whether pages are of 4 KiB or of 16. */
const headBytes = (16 << 10) + 192;

class HttpSource implements Source {
  readonly name: string;
  readonly #options: HttpSourceOptions;
  /** ETag, or else the time of the last change, of the first answer. */
  #version?: string;
  #size?: number;
  #head: Uint8Array = new Uint8Array(0);

  constructor(name: string, options: HttpSourceOptions) {
    this.name = name;
    this.#options = options;
  }

  async size(signal?: AbortSignal): Promise<number> {
    // The answer to any range says the length of the whole. What whoever opens the file reads next comes with it.
    if (this.#size === undefined) this.#head = await this.#fetch(0, headBytes, signal);
    if (this.#size !== undefined) return this.#size;
    throw this.#notReadable(
      'does not say how long it is',
      'expose the header Content-Range to pages of other addresses',
    );
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    if (offset + length <= this.#head.length) return this.#head.subarray(offset, offset + length);
    return this.#fetch(offset, length, signal);
  }

  async #fetch(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    const range = `bytes=${offset}-${offset + length - 1}`;
    const response = await this.#ask({ ...this.#options.headers, range }, signal);
    if (response.status !== 206) {
      // Of the whole file nothing is wanted.
      await response.body?.cancel();
      throw this.#refused(response.status);
    }
    this.#assertSame(response);
    const bytes = new Uint8Array(await response.arrayBuffer());
    // The end of the file may come first.
    if (bytes.length === length || (this.#size !== undefined && offset + bytes.length === this.#size)) return bytes;
    throw this.#notReadable(`sent ${bytes.length} bytes of ${length}`, 'check the server, or a proxy before it');
  }

  async #ask(headers: Record<string, string>, signal?: AbortSignal): Promise<Response> {
    const ask = this.#options.fetch ?? fetch;
    try {
      return await ask(this.name, { headers, signal });
    } catch (cause) {
      if (signal?.aborted) throw cause;
      throw this.#notReadable(`cannot be reached (${reasonOf(cause)})`, 'check the address and the network', cause);
    }
  }

  #refused(status: number): NotReadableError {
    if (status === 200)
      return this.#notReadable('is served whole, without ranges', 'serve it by a server that takes range requests');
    if (status === 416) return this.#notReadable('is shorter than it was, or empty', 'open it again');
    return this.#notReadable(`was answered with status ${status}`, 'check the address');
  }

  #assertSame({ headers }: Response): void {
    const version = headers.get('etag') ?? headers.get('last-modified') ?? '';
    const total = /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1];
    const isOther =
      (this.#version !== undefined && version !== this.#version) ||
      (this.#size !== undefined && total !== undefined && Number(total) !== this.#size);
    if (isOther) {
      throw new SourceChangedError(
        { state: `${this.name} was replaced while it was being read`, todo: 'open it again' },
        { path: this.name },
      );
    }
    this.#version = version;
    if (total !== undefined) this.#size = Number(total);
  }

  #notReadable(says: string, todo: string, cause?: unknown): NotReadableError {
    return new NotReadableError({ state: `${this.name} ${says}`, todo }, { path: this.name, cause });
  }
}
