import { NotReadableError } from '../errors';

/** Tells an address from a path: "https://...", "blob:...", "data:...". A single letter is a Windows drive. */
export function isAddress(text: string): boolean {
  return /^(https?|blob|data):/i.test(text);
}

/** Fetches the bytes at an address. @throws NotReadableError NOT_READABLE */
export async function fetchBytes(address: string, mostBytes: number): Promise<Uint8Array> {
  const name = address.length > 200 ? `${address.slice(0, 60)}...` : address;
  const fail = (cause: unknown): never => {
    throw new NotReadableError({ state: `${name} could not be fetched (${reasonOf(cause)})` }, { cause });
  };
  const response = await fetch(address).catch(fail);
  if (!response.ok) {
    // Reading it to the end frees the connection.
    await response.text().catch(() => '');
    throw new NotReadableError({ state: `${name} could not be fetched (HTTP ${response.status})` });
  }
  const length = Number(response.headers.get('content-length') ?? 0);
  // A connection may break in the middle.
  const bytes = length > mostBytes ? undefined : new Uint8Array(await response.arrayBuffer().catch(fail));
  if (bytes && bytes.length <= mostBytes) return bytes;
  const state = `${name} has ${bytes?.length ?? length} bytes, more than the limit of ${mostBytes}`;
  throw new NotReadableError({ state });
}

function reasonOf(cause: unknown): string {
  const { message, cause: inner } = cause as Error;
  return inner instanceof Error ? inner.message : message;
}
