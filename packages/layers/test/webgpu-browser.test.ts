/** The WebGPU lane in Chromium, through navigator.gpu: it runs where AE_WEBGPU is set, as webgpu.test.ts says, and a Chromium is found. */

import { findChromium, softwareWebgl, startChromium } from '@ae/testing/chromium';
import { type PageServer, pageOf, servePages } from '@ae/testing/page-server';
import { bundle, openPage } from '@ae/testing/pages';
import { reportMissing } from '@ae/testing/requirements';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folders, here, shims } from './browser/files';
import type { PageResults } from './browser/vitest-shim';

const folder = process.env.AE_WEBGPU;
const lane = 'the lane of @ae/layers for WebGPU in Chromium';
if (!folder) reportMissing('webgpu', 'AE_WEBGPU is not set; npm run test:webgpu sets it up.', lane);
const executable = folder && findChromium(lane);

describe.skipIf(!executable)('WebGPU in Chromium', { timeout: 500_000 }, () => {
  let browser: Awaited<ReturnType<typeof startChromium>>;
  let server: PageServer;

  beforeAll(async () => {
    const script = await bundle(here('conformance-webgpu-page.js'), {
      ...shims,
      '@tensorflow/tfjs-backend-webgpu': `${folder}/node_modules/@tensorflow/tfjs-backend-webgpu/dist/index.js`,
    });
    server = await servePages({ '/page.html': pageOf('/page.js'), '/page.js': script }, { folders });
    const flags = [...softwareWebgl, '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];
    browser = await startChromium(executable ?? '', flags);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  it('conformance', async () => {
    const results = await openPage<PageResults>(browser, server, '/page.html');
    expect(results.failures).toEqual([]);
    expect(results.passed).toBeGreaterThan(100);
  });
});
