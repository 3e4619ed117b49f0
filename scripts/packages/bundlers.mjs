/** A server with the threads of @ae/lmdb-datum, as bundlers make it, run in Node.js. */
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execute } from '../installs/processes.mjs';
import { installPackages, laneFolder } from '../lane.mjs';

const BUNDLERS = { esbuild: 'esbuild@0.27.7', webpack: 'webpack@5.113.0', vite: 'vite@8.4.0' };

const sources = fileURLToPath(new URL('bundlers', import.meta.url));

/** Bundles and runs, in a project with packages and photographs. */
export async function checkBundlers(project) {
  const tools = laneFolder('packages/bundlers');
  installPackages(tools, Object.values(BUNDLERS));
  for (const file of readdirSync(sources)) cpSync(join(sources, file), join(project, file));
  for (const name of Object.keys(BUNDLERS)) {
    await execute(['node', 'bundle.mjs', name, tools], { cwd: project });
    const records = await execute(['node', `${name}/server/server.mjs`, `${name}-database`], { cwd: project });
    console.log(`${name}: the server wrote and read ${records.trim()}`);
  }
}
