/**
 * Serves the page and its files, to this machine only:
 *
 *     node serve.mjs [<network>] [--port 8080]
 *
 * <network> is the folder of a saved network, by default the quickstart's better one. If that does not exist either, the page uses a network that
 * has not been trained. The headers make the page cross-origin isolated, without which browsers do not let threads share memory.
 */
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const require = createRequire(import.meta.url);
const here = fileURLToPath(new URL('.', import.meta.url));
const distOf = (name) => path.join(path.dirname(require.resolve(`${name}/package.json`)), 'dist');

const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' };
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

/** Returns the folders that the page may load from, by the first part of the URL's path. */
function foldersOf(network) {
  return {
    page: path.join(here, 'page'),
    network,
    autoencoder: path.join(distOf('@ae/autoencoder'), 'browser'),
    layers: distOf('@ae/layers'),
    'tfjs-core': distOf('@tensorflow/tfjs-core'),
    'tfjs-layers': distOf('@tensorflow/tfjs-layers'),
    'tfjs-backend-wasm': distOf('@tensorflow/tfjs-backend-wasm'),
  };
}

/** Returns the file of a URL, or undefined if there is none. */
function fileOf(url, folders) {
  const { pathname } = new URL(url, 'http://localhost');
  if (pathname === '/') return path.join(folders.page, 'index.html');
  // `URL` has resolved dots that lead out of a folder; encoded slashes and backslashes are rejected.
  const [, first, ...rest] = pathname.split('/');
  if (!Object.hasOwn(folders, first) || /%2f|%5c/i.test(pathname)) return undefined;
  const file = path.join(folders[first], ...rest.map(decodeURIComponent));
  return existsSync(file) && path.extname(file) ? file : undefined;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { port: { type: 'string', default: '8080' } },
});
const network = path.resolve(positionals[0] ?? path.join(here, '../quickstart/out/transform/model'));
if (positionals.length > 0 && !existsSync(path.join(network, 'model.json'))) {
  console.error(
    `serve: ${network} is not the folder of a saved network; name one that contains model.json, or leave it out.`,
  );
  process.exit(1);
}
const folders = foldersOf(network);
const server = createServer(({ url }, response) => {
  const file = fileOf(url, folders);
  if (!file) return response.writeHead(404, headers).end();
  const type = types[path.extname(file)] ?? 'application/octet-stream';
  createReadStream(file).pipe(response.writeHead(200, { ...headers, 'Content-Type': type }));
});
server.on('error', ({ message }) => {
  console.error(`serve: ${message}; choose another port with --port.`);
  process.exit(1);
});
server.listen(Number(values.port), '127.0.0.1', () => {
  console.log(`Open http://127.0.0.1:${server.address().port}/ (Ctrl-C stops the server).`);
});
