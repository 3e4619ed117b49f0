/** Measures an engine of browsers, on a page in headless Chromium. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { findChromium } from '../../scripts/lane.mjs';

/** Runs page.mjs, and answers what it measured. Without a GPU, SwiftShader computes. */
export async function measureOnPage(engine) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page.mjs', import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  });
  const flags = ['--no-sandbox', '--disable-background-networking', '--enable-unsafe-swiftshader'];
  const browser = await chromium.launch({ executablePath: findChromium(), args: flags });
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ content: outputFiles[0].text, type: 'module' });
    await page.waitForFunction(() => 'measure' in globalThis);
    return await page.evaluate((engine) => globalThis.measure(engine), engine);
  } finally {
    await browser.close();
  }
}
