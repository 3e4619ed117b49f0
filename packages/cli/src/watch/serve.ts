/** A server for a browser on this machine: on the loopback address, and only for its own pages. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CliError } from '../shell/cli-error';

/** The response to a request; undefined if there is nothing by that name. */
export type Answer = { readonly type: string; readonly body: string | Uint8Array } | 'unchanged' | undefined;

/** Answers a request: its path, such as `/live`, and its query. */
export type Answering = (pathname: string, asked: URLSearchParams) => Promise<Answer> | Answer;

export interface LocalServer {
  readonly address: string;
  close(): void;
}

/** Pages may not be framed, sniffed or cached, and pages of other sites may not read them. */
const headers = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** Serves on the loopback address; port 0 picks a free one. Throws PORT_IN_USE. */
export async function serveLocally(answering: Answering, port: number): Promise<LocalServer> {
  const server = createServer((request, response) => {
    answer(request, response, answering, (server.address() as AddressInfo | null)?.port).catch((error: Error) => {
      if (!response.headersSent) response.writeHead(500, { ...headers, 'Content-Type': 'text/plain; charset=utf-8' });
      response.end(error.message);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(portError(cause, port)));
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function portError(cause: NodeJS.ErrnoException, port: number): CliError {
  const reason =
    cause.code === 'EADDRINUSE'
      ? 'is in use; choose another one, or leave --port out'
      : `cannot be used (${cause.code}); leave --port out to use a free one`;
  return new CliError('PORT_IN_USE', `Port ${port} ${reason}.`, { cause });
}

async function answer(
  { method, url = '/', headers: { host } }: IncomingMessage,
  response: ServerResponse,
  answering: Answering,
  port: number | undefined,
): Promise<void> {
  const refuse = (status: number) => response.writeHead(status, headers).end();
  // Another site could point its own name at this machine, but the browser still sends that name.
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) return void refuse(403);
  if (method !== 'GET' && method !== 'HEAD') return void refuse(405);
  const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
  const found = await answering(pathname, searchParams);
  if (found === undefined) return void refuse(404);
  if (found === 'unchanged') return void refuse(304);
  const length = Buffer.byteLength(found.body);
  response.writeHead(200, { ...headers, 'Content-Type': found.type, 'Content-Length': length });
  response.end(method === 'HEAD' ? undefined : found.body);
}
