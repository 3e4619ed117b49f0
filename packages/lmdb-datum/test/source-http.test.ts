/** What servers may answer, and how it is reported. */
import { createHash } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDatumSource } from '../src/entries/source';
import { fixture } from './golden';
import { type Handler, serveRanges } from './range-server';

async function serve(handle?: Handler) {
  const server = await serveRanges(fixture('overflow.mdb'), handle);
  onTestFinished(() => server.close());
  return server;
}

const answers: [string, Parameters<typeof serveRanges>[1], string][] = [
  [
    'sends whole files only',
    (_, response) => Boolean(response.writeHead(200).end(Buffer.alloc(1 << 20))),
    'is only served whole, without ranges; use a server that supports range requests.',
  ],
  [
    'has no such file',
    (_, response) => Boolean(response.writeHead(404).end()),
    'cannot be read (404 Not Found); check',
  ],
  [
    'wants a password',
    (_, response) => Boolean(response.writeHead(401).end()),
    'cannot be read (401 Unauthorized); pass the headers that the server requires.',
  ],
  ['is broken', (_, response) => Boolean(response.writeHead(503).end()), 'try again later.'],
  [
    'refuses bytes that it has',
    (_, response) => Boolean(response.writeHead(416, { 'content-range': 'bytes */999999' }).end()),
    'refuses bytes 0 to 32767; try again later.',
  ],
  ['hangs up', ({ socket }) => Boolean(socket.destroy()), 'cannot be reached'],
  [
    'breaks off',
    (_, response) => {
      response.writeHead(206, { 'content-range': 'bytes 0-99999/999999', 'content-length': '99999' });
      response.write('so far', () => response.destroy());
      return true;
    },
    'broke off its response',
  ],
  [
    'sends other bytes than those asked for',
    (_, response) =>
      Boolean(response.writeHead(206, { 'content-range': 'bytes 100-109/999999' }).end(Buffer.alloc(10))),
    'serve the file as it is, without compression.',
  ],
];

describe('a server', () => {
  it.each(answers)(
    'that %s is refused with a message that does not reveal secrets in the address',
    async (_, handle, words) => {
      const { address } = await serve(handle);
      await expect(openDatumSource(`${address}?token=secret`)).rejects.toMatchObject({
        code: 'NOT_READABLE',
        sentence: expect.stringContaining(words),
        path: address,
      });
    },
  );

  it('that does not exist is refused with a message', async () => {
    await expect(openDatumSource('http://127.0.0.1:1/')).rejects.toThrow(/cannot be reached .*; check the address/);
  });

  it('may hide sizes and versions, as it does from other sites, and gets the given headers', async () => {
    const { address } = await serve();
    const seen = new Set<unknown>();
    const hidden: typeof fetch = async (input, init) => {
      seen.add(new Headers(init?.headers).get('authorization'));
      const { status, body } = await fetch(input, init);
      return new Response(body, { status });
    };
    const plain = await openDatumSource(address);
    const reader = await openDatumSource(address, { headers: { Authorization: 'Basic x' }, fetch: hidden });
    const digest = async (from: typeof reader) => {
      const hash = createHash('sha256');
      for await (const { key, datum } of from) hash.update(key).update(datum.data);
      return hash.digest('hex');
    };
    expect(await digest(reader)).toBe(await digest(plain));
    expect([...seen]).toEqual(['Basic x']);
  });

  it.each([
    ['another size', { 'content-range': 'bytes 0-4095/4096', etag: '"1"' }],
    ['no version any more', { 'content-range': 'bytes 0-4095/4096' }],
  ])('with %s serves another file', async (_, headers) => {
    const server = await serve();
    const reader = await openDatumSource(server.address);
    server.handle = (_, response) => Boolean(response.writeHead(206, headers).end(Buffer.alloc(4096)));
    await expect(reader.entries().next()).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    // The network may work again.
    server.handle = undefined;
    expect((await reader.entries().next()).done).toBe(false);
  });
});
