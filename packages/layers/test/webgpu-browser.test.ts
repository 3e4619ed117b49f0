/** The WebGPU lane in Chromium, through navigator.gpu: it runs where AE_WEBGPU is set, as webgpu.test.ts says, and a Chromium is found. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, launchChromium } from './browser/chromium';
import { bundle, open, pageOf, shims } from './browser/pages';
import { type PageServer, serve } from './browser/server';
import type { PageResults } from './browser/vitest-shim';

const folder = process.env.AE_WEBGPU;
const executable = findChromium();
const missing = [
  !folder && 'AE_WEBGPU is not set; npm run test:webgpu sets it up',
  !executable && 'no Chromium',
].filter(Boolean);

if (missing.length > 0) {
  if (process.env.AE_REQUIRE_WEBGPU === '1') throw new Error(`No WebGPU in Chromium: ${missing.join(', ')}`);
  console.warn(`SKIPPED: the lane of @ae/layers for WebGPU in Chromium (${missing.join(', ')}).`);
}

describe.skipIf(missing.length > 0)('WebGPU in Chromium', { timeout: 500_000 }, () => {
  let browser: Awaited<ReturnType<typeof launchChromium>>;
  let server: PageServer;

  beforeAll(async () => {
    const script = await bundle('conformance-webgpu-page.js', {
      ...shims,
      '@tensorflow/tfjs-backend-webgpu': `${folder}/node_modules/@tensorflow/tfjs-backend-webgpu/dist/index.js`,
    });
    server = await serve({ '/page.html': pageOf('/page.js'), '/page.js': script }, false);
    browser = await launchChromium(executable ?? '', ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader']);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  it('conformance', async () => {
    const results = await open<PageResults>(browser, server, '/page.html');
    expect(results.failures).toEqual([]);
    expect(results.passed).toBeGreaterThan(100);
  });
});
