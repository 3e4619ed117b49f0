/**
 * The browser lane: the conformance suite for wasm and webgl in headless Chromium, and the built package on a plain module page and
 * bundled. It runs where a Chromium is found: on the PATH, or where the environment variable AE_CHROMIUM says.
 */
import { readFileSync } from 'node:fs';
import { type Browser, findChromium, softwareWebgl, startChromium } from '@ae/testing/chromium';
import { type PageServer, pageOf, plainPage, servePages } from '@ae/testing/page-server';
import { bundle, openPage } from '@ae/testing/pages';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConformancePage } from './browser/conformance-page';
import { folders, here, shims } from './browser/files';

const saved = JSON.parse(readFileSync(new URL('./fixtures/saved-model/expected.json', import.meta.url), 'utf8'));
const executable = findChromium('the browser lane of @ae/layers');

interface EngineResults {
  losses: number[];
  pixels: number[];
  reconstructions: number[];
}

/** What app.js returns. */
interface AppResults {
  isolated: boolean;
  cores: number;
  threads: number;
  simd: string;
  wasm: EngineResults;
  webgl: EngineResults;
  webgpu: string;
}

describe.skipIf(!executable)('in Chromium', { timeout: 300_000 }, () => {
  let browser: Browser;
  const servers: Record<'isolated' | 'ordinary', PageServer | undefined> = { isolated: undefined, ordinary: undefined };

  beforeAll(async () => {
    const files = {
      '/conformance.html': pageOf('/conformance.js'),
      '/conformance.js': await bundle(here('conformance-page.ts'), shims),
      '/bundled.html': pageOf('/bundled.js'),
      '/bundled.js': await bundle(here('app.js')),
      '/plain.html': plainPage,
      '/app.js': readFileSync(here('app.js'), 'utf8'),
    };
    servers.isolated = await servePages(files, { isolated: true, folders });
    servers.ordinary = await servePages(files, { folders });
    browser = await startChromium(executable ?? '', softwareWebgl);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    servers.isolated?.close();
    servers.ordinary?.close();
  });

  it.each([
    ['webgl', 'ordinary'],
    ['wasm', 'ordinary'],
    ['wasm', 'isolated'],
  ] as const)('conformance: %s, on an %s page', async (backend, kind) => {
    const path = `/conformance.html?backend=${backend}`;
    const results = await openPage<Awaited<ConformancePage['results']>>(browser, servers[kind], path);
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
    const { isolated, cores, threads, wasm, webgl, webgpu } = await openPage<AppResults>(browser, servers[kind], path);
    expect(isolated).toBe(kind === 'isolated');
    expect(threads).toBe(isolated ? Math.min(cores, 32) : 1);
    expect(wasm.losses[2]).toBeLessThan(wasm.losses[0]);
    for (const [step, loss] of wasm.losses.entries()) expect(webgl.losses[step]).toBeCloseTo(loss, 5);
    for (const [i, pixel] of wasm.pixels.entries()) expect(Math.abs(webgl.pixels[i] - pixel)).toBeLessThan(1 / 255);
    // What Node.js computed with the same saved model.
    for (const [i, pixel] of (saved.y.values as number[]).entries()) {
      expect(Math.abs(wasm.reconstructions[i] - pixel)).toBeLessThan(1 / 255);
      expect(Math.abs(webgl.reconstructions[i] - pixel)).toBeLessThan(1 / 255);
    }
    // This Chromium has no WebGPU adapter, or @tensorflow/tfjs-backend-webgpu isn't loaded: each is reported in one sentence.
    expect(webgpu).toMatch(
      /^\[layers\] (initWebgpu|registerWebgpuKernels): .* (is missing here|found no GPU|is no GPU.*|could not start.*); .*\.$/,
    );
  });
});
