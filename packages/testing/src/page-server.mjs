/** Serves the pages of tests, and the files that they load. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, extname, join, normalize } from 'node:path';

const require = createRequire(import.meta.url);

/** @param {string} name */
const tfjs = (name) => join(dirname(require.resolve(`@tensorflow/${name}/package.json`)), 'dist');

/** Folders by the first part of an address. @type {Record<string, string>} */
const ownFolders = {
  tfjs: tfjs('tfjs-backend-wasm'),
  ...Object.fromEntries(
    ['tfjs-core', 'tfjs-layers', 'tfjs-backend-wasm', 'tfjs-backend-webgl'].map((name) => [name, tfjs(name)]),
  ),
};

/** @type {Record<string, string>} */
const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/**
 * @typedef {object} PageServer
 * @property {string} address
 * @property {() => void} close
 */

/**
 * Serves pages on the loopback address, with tfjs's files beside them.
 *
 * @param {Record<string, string>} files texts by their address, such as `/page.html`
 * @param {object} options
 * @param {boolean} [options.isolated] sends the headers that make pages cross-origin isolated, which shared memory needs
 * @param {Record<string, string>} [options.folders] more folders, by the first part of an address
 * @returns {Promise<PageServer>}
 */
export async function servePages(files, { isolated = false, folders = {} } = {}) {
  /** @type {Record<string, string>} */
  const headers = isolated
    ? { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }
    : {};
  const server = createServer(async ({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    try {
      const body = files[pathname] ?? (await readServed(pathname, { ...ownFolders, ...folders }));
      response.writeHead(200, { ...headers, 'Content-Type': types[extname(pathname)] ?? 'text/plain' }).end(body);
    } catch {
      response.writeHead(404, headers).end();
    }
  });
  await /** @type {Promise<void>} */ (new Promise((resolve) => server.listen(0, '127.0.0.1', resolve)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { address: `http://127.0.0.1:${port}`, close: () => server.close() };
}

/**
 * @param {string} pathname
 * @param {Record<string, string>} folders
 */
async function readServed(pathname, folders) {
  const [, first, ...rest] = normalize(pathname).split('/');
  return readFile(join(folders[first], ...rest));
}

/** A page whose import map points to TensorFlow.js and @ae/layers, and that loads /app.js. */
export const plainPage = readFileSync(new URL('plain-page.html', import.meta.url), 'utf8');

/**
 * Returns a page that loads one module.
 *
 * @param {string} script
 */
export const pageOf = (script) => `<!doctype html><script type="module" src="${script}"></script>`;
