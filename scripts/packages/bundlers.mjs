/**
 * A server that uses the threads of @ae/lmdb-datum, run in Node.js, and pages with databases and networks, run in Chromium, as made by
 * bundlers.
 */
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium, startChromium } from '@ae/testing/chromium';
import { pageOf, servePages } from '@ae/testing/page-server';
import { openPage } from '@ae/testing/pages';
import { execute } from '../installs/processes.mjs';
import { installPackages, laneFolder } from '../lane.mjs';

const BUNDLERS = { esbuild: 'esbuild@0.27.7', webpack: 'webpack@5.113.0', vite: 'vite@8.4.0' };

const sources = fileURLToPath(new URL('bundlers', import.meta.url));

/** Bundles and runs, in a project with packages and photographs; returns why pages were not run, if they were not. */
export async function checkBundlers(project) {
  const tools = laneFolder('packages/bundlers');
  installPackages(tools, Object.values(BUNDLERS));
  for (const file of readdirSync(sources)) cpSync(join(sources, file), join(project, file));
  for (const name of Object.keys(BUNDLERS)) {
    await execute(['node', 'bundle.mjs', name, tools], { cwd: project });
    const records = await execute(['node', `${name}/server/server.mjs`, `${name}-database`], { cwd: project });
    console.log(`${name}: the server wrote and read ${records.trim()}`);
  }
  const chromium = findChromium('pages of bundlers');
  if (!chromium) return 'there is no Chromium to open the pages';
  mkdirSync(join(project, 'made'), { recursive: true });
  const expected = JSON.parse(await execute(['node', 'make.mjs'], { cwd: project }));
  const browser = await startChromium(chromium);
  try {
    for (const name of Object.keys(BUNDLERS)) await checkPages(browser, project, name, expected);
  } finally {
    await browser.close();
  }
  return undefined;
}

/** Compares what pages read and compute with what Node.js does. */
async function checkPages(browser, project, name, { records, given, reconstructed }) {
  const scripts = { '/database': '/page/database.js', '/network': `/page/network-${name}.js` };
  const files = Object.fromEntries(Object.entries(scripts).map(([path, script]) => [`${path}.html`, pageOf(script)]));
  const folders = { page: join(project, name, 'page'), made: join(project, 'made') };
  const server = await servePages(files, { isolated: true, folders });
  try {
    const database = await openPage(browser, server, '/database.html');
    if (database.records !== records || database.size.join('x') !== '16x16' || furthest(database.pixels, given) > 0)
      throw new Error(`${name}: the page read ${JSON.stringify(database)}`);
    const { pixels, ...engine } = await openPage(browser, server, '/network.html');
    const difference = furthest(pixels, reconstructed);
    // Chromium and Node.js may use different kinds of SIMD, whose sums are rounded in another order.
    if (engine.engine !== 'wasm' || engine.threads !== 2 || difference > 1)
      throw new Error(`${name}: the page reconstructed ${JSON.stringify({ ...engine, difference })}`);
    console.log(`${name}: pages read ${records} records of a Blob, and reconstruct on ${engine.threads} threads`);
  } finally {
    server.close();
  }
}

/** Returns the largest difference between two lists of equal length; infinity for others. */
function furthest(values, wanted) {
  if (values.length !== wanted.length) return Number.POSITIVE_INFINITY;
  return values.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i])), 0);
}
