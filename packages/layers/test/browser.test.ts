/**
 * The browser lane: the conformance suite for wasm and webgl in headless Chromium, and the built package on a plain module page and
 * bundled. It runs where a Chromium is found: on the PATH, or where the environment variable AE_CHROMIUM says.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, launchChromium } from './browser/chromium';
import type { ConformancePage } from './browser/conformance-page';
import { type PageServer, serve } from './browser/server';

const here = (file: string) => fileURLToPath(new URL(`./browser/${file}`, import.meta.url));
const saved = JSON.parse(readFileSync(new URL('./fixtures/saved-model/expected.json', import.meta.url), 'utf8'));
const executable = findChromium();

if (!executable) {
  if (process.env.AE_REQUIRE_BROWSER === '1')
    throw new Error('No Chromium: expected one on the PATH or in AE_CHROMIUM.');
  console.warn('SKIPPED: the browser lane of @ae/layers (no Chromium on the PATH or in AE_CHROMIUM).');
}

interface EngineResults {
  losses: number[];
  pixels: number[];
  reconstructions: number[];
}

/** What app.js answers. */
interface AppResults {
  isolated: boolean;
  cores: number;
  threads: number;
  simd: string;
  wasm: EngineResults;
  webgl: EngineResults;
  webgpu: string;
}

/** Bundles a file as a user would; with `replacements`, modules of exactly these names come from these files. */
async function bundle(file: string, replacements: Record<string, string> = {}): Promise<string> {
  const replace: Plugin = {
    name: 'replace',
    setup: ({ onResolve }) =>
      onResolve({ filter: /^(vitest|node:fs)$/ }, ({ path }) =>
        path in replacements ? { path: replacements[path] } : undefined,
      ),
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

describe.skipIf(!executable)('in Chromium', { timeout: 300_000 }, () => {
  let browser: Browser;
  const servers: Record<'isolated' | 'ordinary', PageServer | undefined> = { isolated: undefined, ordinary: undefined };

  beforeAll(async () => {
    const module = (script: string) => `<!doctype html><script type="module" src="${script}"></script>`;
    const files = {
      '/conformance.html': module('/conformance.js'),
      '/conformance.js': await bundle('conformance-page.ts', {
        vitest: here('vitest-shim.ts'),
        'node:fs': here('fs-shim.ts'),
      }),
      '/bundled.html': module('/bundled.js'),
      '/bundled.js': await bundle('app.js'),
      '/plain.html': readFileSync(here('plain-page.html'), 'utf8'),
      '/app.js': readFileSync(here('app.js'), 'utf8'),
    };
    servers.isolated = await serve(files, true);
    servers.ordinary = await serve(files, false);
    browser = await launchChromium(executable ?? '');
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    servers.isolated?.close();
    servers.ordinary?.close();
  });

  /** Opens a page, waits for its `results`, and expects that nothing failed on the way. */
  async function open<T>(kind: 'isolated' | 'ordinary', path: string): Promise<T> {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('requestfailed', (request) => errors.push(`failed: ${request.url()}`));
    await page.goto(`${servers[kind]?.address}${path}`);
    const loaded = await page
      .waitForFunction(() => 'results' in globalThis, undefined, { timeout: 120_000 })
      .catch(() => undefined);
    expect(errors).toEqual([]);
    expect(loaded).toBeDefined();
    const results = await page.evaluate(() => (globalThis as unknown as { results: Promise<T> }).results);
    await page.close();
    return results as T;
  }

  it.each([
    ['webgl', 'ordinary'],
    ['wasm', 'ordinary'],
    ['wasm', 'isolated'],
  ] as const)('conformance: %s, on an %s page', async (backend, kind) => {
    const path = `/conformance.html?backend=${backend}`;
    const results = await open<Awaited<ConformancePage['results']>>(kind, path);
    expect(results.failures).toEqual([]);
    expect(results.passed).toBeGreaterThan(100);
    if (backend === 'wasm' && kind === 'ordinary') expect(results.threads).toBe(1);
  });

  it.each([
    ['a plain module page', '/plain.html', 'ordinary'],
    ['a plain module page, isolated', '/plain.html', 'isolated'],
    ['a bundle', '/bundled.html', 'ordinary'],
    ['a bundle, isolated', '/bundled.html', 'isolated'],
  ] as const)('trains and reconstructs from %s, on every engine alike', async (_, path, kind) => {
    const { isolated, cores, threads, wasm, webgl, webgpu } = await open<AppResults>(kind, path);
    expect(isolated).toBe(kind === 'isolated');
    expect(threads).toBe(isolated ? Math.min(cores, 32) : 1);
    expect(wasm.losses[2]).toBeLessThan(wasm.losses[0]);
    for (const [step, loss] of wasm.losses.entries()) expect(webgl.losses[step]).toBeCloseTo(loss, 5);
    for (const [i, pixel] of wasm.pixels.entries()) expect(Math.abs(webgl.pixels[i] - pixel)).toBeLessThan(1 / 255);
    // What Node.js got from the same saved model.
    for (const [i, pixel] of (saved.y.values as number[]).entries()) {
      expect(Math.abs(wasm.reconstructions[i] - pixel)).toBeLessThan(1 / 255);
      expect(Math.abs(webgl.reconstructions[i] - pixel)).toBeLessThan(1 / 255);
    }
    // This Chromium has no WebGPU adapter, or @tensorflow/tfjs-backend-webgpu isn't loaded: either is said in one sentence.
    expect(webgpu).toMatch(
      /^\[layers\] (initWebgpu|registerWebgpuKernels): expected .*, (found none|received .*); .*\.$/,
    );
  });
});
