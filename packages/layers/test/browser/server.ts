import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const packageRoot = fileURLToPath(new URL('../..', import.meta.url));
const tfjs = (name: string) => join(dirname(require.resolve(`@tensorflow/${name}/package.json`)), 'dist');

/** Folders by the first part of an address. */
const folders: Record<string, string> = {
  dist: join(packageRoot, 'dist'),
  fixtures: join(packageRoot, 'test/golden/fixtures'),
  'saved-model': join(packageRoot, 'test/fixtures/saved-model'),
  tfjs: tfjs('tfjs-backend-wasm'),
  ...Object.fromEntries(
    ['tfjs-core', 'tfjs-layers', 'tfjs-backend-wasm', 'tfjs-backend-webgl'].map((name) => [name, tfjs(name)]),
  ),
};

const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** A server for pages and what they load. */
export interface PageServer {
  address: string;
  close(): void;
}

/**
 * Serves pages on the loopback address.
 *
 * @param files texts by their address, such as `/page.html`
 * @param isolated sends the headers that make pages cross-origin isolated, which shared memory needs
 * @param more folders beside the usual ones, by the first part of an address
 */
export async function serve(
  files: Record<string, string>,
  isolated: boolean,
  more: Record<string, string> = {},
): Promise<PageServer> {
  const headers = isolated
    ? { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }
    : {};
  const server = createServer(async ({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    try {
      const body = files[pathname] ?? (await readServed(pathname, { ...folders, ...more }));
      response.writeHead(200, { ...headers, 'Content-Type': types[extname(pathname)] ?? 'text/plain' }).end(body);
    } catch {
      response.writeHead(404, headers).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}`, close: () => server.close() };
}

async function readServed(pathname: string, folders: Record<string, string>): Promise<Buffer> {
  const [, first, ...rest] = normalize(pathname).split('/');
  return readFile(join(folders[first], ...rest));
}
