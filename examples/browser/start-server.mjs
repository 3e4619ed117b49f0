/** Starts the example's server, for tests. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const serve = fileURLToPath(new URL('serve.mjs', import.meta.url));

/** Starts the server on a free port, with a network or without, and returns its process and address. */
export async function start(network) {
  const server = spawn(process.execPath, [serve, ...(network ? [network] : []), '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(server.stdout.setEncoding('utf8'), 'data');
  return { server, address: /http:\S+/.exec(line)[0] };
}
