import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { Browser } from 'playwright-core';
import { expect } from 'vitest';
import type { PageServer } from './server';

/** The path of a file beside this one; an absolute path stays. */
export const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** What stands in for modules that a page doesn't have, in the bundles of the conformance suite. */
export const shims = { vitest: here('vitest-shim.ts'), 'node:fs': here('fs-shim.ts') };

/** A page that loads one module. */
export const pageOf = (script: string) => `<!doctype html><script type="module" src="${script}"></script>`;

/** Bundles a file as a user would; with `replacements`, modules of exactly these names come from these files. */
export async function bundle(file: string, replacements: Record<string, string> = {}): Promise<string> {
  const replace: Plugin = {
    name: 'replace',
    setup: ({ onResolve }) =>
      onResolve({ filter: /^[^./]/ }, ({ path }) => (path in replacements ? { path: replacements[path] } : undefined)),
  };
  const { outputFiles, warnings } = await build({
    entryPoints: [here(file)],
    plugins: [replace],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    logLevel: 'silent',
  });
  expect(warnings).toEqual([]);
  return outputFiles[0].text;
}

/** Opens a page, waits for the `results` it promises, and expects that nothing failed on the way. */
export async function open<T>(browser: Browser, server: PageServer | undefined, path: string): Promise<T> {
  const page = await browser.newPage();
  const errors: string[] = [];
  const failed = new Promise<undefined>((resolve) => {
    page.on('pageerror', (error) => {
      errors.push(error.message);
      resolve(undefined);
    });
  });
  page.on('requestfailed', (request) => errors.push(`failed: ${request.url()}`));
  await page.goto(`${server?.address}${path}`);
  const options = { timeout: 120_000 };
  const ready = page.waitForFunction(() => 'results' in globalThis, undefined, options).catch(() => undefined);
  const loaded = await Promise.race([ready, failed]);
  expect(errors).toEqual([]);
  expect(loaded).toBeDefined();
  const results = await page.evaluate(() => (globalThis as unknown as { results: Promise<T> }).results);
  await page.close();
  return results as T;
}
