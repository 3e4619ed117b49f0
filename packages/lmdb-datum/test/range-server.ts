/** Serves a file with ranges on the loopback address, and counts what was asked for. */
import fs from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RangeServer {
  address: string;
  requests: number;
  bytes: number;
  /** Changes the version that the server names. */
  etag: string;
  /** Answers with the whole file, as simple servers do. */
  ignoresRanges: boolean;
  close(): Promise<void>;
}

export async function serveRanges(file: string): Promise<RangeServer> {
  const server = createServer((request, response) => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const bytes = fs.readFileSync(file);
    state.requests++;
    if (first === undefined || state.ignoresRanges) {
      response.end(bytes);
      return;
    }
    const part = bytes.subarray(Number(first), Number(last) + 1);
    state.bytes += part.length;
    const range = `bytes ${first}-${Number(first) + part.length - 1}/${bytes.length}`;
    response.writeHead(206, { 'content-range': range, etag: state.etag });
    response.end(part);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const state: RangeServer = {
    ...{ address: `http://127.0.0.1:${port}/data.mdb`, requests: 0, bytes: 0, etag: '"1"', ignoresRanges: false },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return state;
}
