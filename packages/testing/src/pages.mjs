/** Bundles scripts for pages as users do, and opens the pages. */
import { build } from 'esbuild';

/**
 * Bundles a file for a page.
 *
 * @param {string} file
 * @param {Record<string, string>} replacements files that stand in for modules of exactly these names
 * @returns {Promise<string>}
 * @throws {Error} for anything that esbuild warns of
 */
export async function bundle(file, replacements = {}) {
  /** @type {import('esbuild').Plugin} */
  const replace = {
    name: 'replace',
    setup: ({ onResolve }) =>
      onResolve({ filter: /^[^./]/ }, ({ path }) => (path in replacements ? { path: replacements[path] } : undefined)),
  };
  const { outputFiles, warnings } = await build({
    entryPoints: [file],
    plugins: [replace],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    logLevel: 'silent',
  });
  if (warnings.length > 0) throw new Error(`${file}: ${warnings.map(({ text }) => text).join('; ')}`);
  return outputFiles[0].text;
}

/**
 * Opens a page and returns the `results` that it promises.
 *
 * @template T
 * @param {import('playwright-core').Browser} browser
 * @param {import('./page-server.mjs').PageServer | undefined} server
 * @param {string} path
 * @returns {Promise<T>}
 * @throws {Error} for what fails on the page or on the way to it
 */
export async function openPage(browser, server, path) {
  const page = await browser.newPage();
  /** @type {string[]} */
  const errors = [];
  const failed = new Promise((resolve) => {
    page.on('pageerror', ({ message }) => {
      errors.push(message);
      resolve(undefined);
    });
  });
  page.on('requestfailed', (request) => errors.push(`failed: ${request.url()}`));
  const options = { timeout: 120_000 };
  await page.goto(`${server?.address}${path}`, options);
  const ready = page.waitForFunction(() => 'results' in globalThis, undefined, options).catch(() => undefined);
  const loaded = await Promise.race([ready, failed]);
  if (errors.length > 0) throw new Error(`${path}: ${errors.join('; ')}`);
  if (!loaded) throw new Error(`${path}: no results within ${options.timeout / 1000} s.`);
  const results = await page.evaluate(() => /** @type {any} */ (globalThis).results);
  await page.close();
  return results;
}
