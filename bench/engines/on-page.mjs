/** Measures an engine of browsers, on a page in headless Chromium. */
import { fileURLToPath } from 'node:url';
import { findChromium, startChromium } from '@ae/testing/chromium';
import { bundle } from '@ae/testing/pages';

/** Runs page.mjs, and answers what it measured. Without a GPU, SwiftShader computes. */
export async function measureOnPage(engine) {
  const executable = findChromium('engines of browsers');
  if (!executable) throw new Error('There is no Chromium on the PATH or in AE_CHROMIUM.');
  const script = await bundle(fileURLToPath(new URL('page.mjs', import.meta.url)));
  const browser = await startChromium(executable, ['--enable-unsafe-swiftshader']);
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ content: script, type: 'module' });
    await page.waitForFunction(() => 'measure' in globalThis);
    return await page.evaluate((engine) => globalThis.measure(engine), engine);
  } finally {
    await browser.close();
  }
}
