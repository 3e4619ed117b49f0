/** Serves a file with ranges on the loopback address, as web servers do, and counts what was asked for. */
import fs from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers a request itself and returns true, or leaves it. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface RangeServer {
  address: string;
  requests: number;
  bytes: number;
  /** Names the version of the file. */
  etag: string;
  handle?: Handler;
  close(): Promise<void>;
}

export async function serveRanges(file: string, handle?: Handler): Promise<RangeServer> {
  const bytes = fs.readFileSync(file);
  const server = createServer((request, response) => {
    state.requests++;
    if (state.handle?.(request, response)) return;
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const part = bytes.subarray(Number(first), Number(last) + 1);
    const range = part.length > 0 ? `${first}-${Number(first) + part.length - 1}` : '*';
    state.bytes += part.length;
    const headers = { 'content-range': `bytes ${range}/${bytes.length}`, etag: state.etag };
    response.writeHead(part.length > 0 ? 206 : 416, headers).end(part);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const state: RangeServer = {
    ...{ address: `http://127.0.0.1:${port}/data.mdb`, requests: 0, bytes: 0, etag: '"1"', handle },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return state;
}
