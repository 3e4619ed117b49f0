/**
 * Serves the page, and a database if you name one, to this machine only:
 *
 *     node serve.mjs [<database>] [--port 8081]
 */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const require = createRequire(import.meta.url);
const here = fileURLToPath(new URL('.', import.meta.url));
const reader = path.join(path.dirname(require.resolve('@ae/lmdb-datum/package.json')), 'dist/browser');
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** Returns the file of a path, or undefined if there is none. */
function fileOf(pathname, database) {
  if (pathname === '/data.mdb') return database;
  if (pathname === '/') return path.join(here, 'page/index.html');
  const [, folder, name] = /^\/(page|reader)\/([\w.-]+)$/.exec(pathname) ?? [];
  const file = folder && path.join(folder === 'page' ? path.join(here, 'page') : reader, name);
  return file && existsSync(file) && path.extname(file) in types ? file : undefined;
}

/** Sends a file, or the requested range of it. */
function send(file, { headers }, response) {
  const { size, mtimeMs } = statSync(file);
  const common = {
    'Content-Type': types[path.extname(file)] ?? 'application/octet-stream',
    'Accept-Ranges': 'bytes',
    ETag: `"${size}-${mtimeMs}"`,
  };
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
  if (first === undefined) return createReadStream(file).pipe(response.writeHead(200, common));
  const [start, end] = [Number(first), Math.min(Number(last), size - 1)];
  if (start > end) return response.writeHead(416, { ...common, 'Content-Range': `bytes */${size}` }).end();
  response.writeHead(206, { ...common, 'Content-Range': `bytes ${start}-${end}/${size}` });
  return createReadStream(file, { start, end }).pipe(response);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { port: { type: 'string', default: '8081' } },
});
const [named] = positionals;
const database =
  named && [path.join(named, 'data.mdb'), named].find((file) => existsSync(file) && statSync(file).isFile());
if (named && !database) {
  console.error(`serve: there is no database at ${named}; name the folder that contains data.mdb, or the file itself.`);
  process.exit(1);
}
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const file = fileOf(pathname, database);
  if (file) send(file, request, response);
  else response.writeHead(404).end();
});
server.on('error', ({ message }) => {
  console.error(`serve: ${message}; choose another port with --port.`);
  process.exit(1);
});
server.listen(Number(values.port), '127.0.0.1', () => {
  const query = database ? '?open=data.mdb' : '';
  console.log(`Open http://127.0.0.1:${server.address().port}/${query} (Ctrl-C stops the server).`);
});
