/** The package on a page in headless Chromium, bundled as users do it: files, pixels, and the same sizes as in Node.js. */
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findChromium, startChromium } from '@ae/testing/chromium';
import { pageOf, servePages } from '@ae/testing/page-server';
import { bundle, openPage } from '@ae/testing/pages';
import { expect, it } from 'vitest';
import { RawImage, readImage } from '../src/entries/index';
import { fixture } from './fixture';

const executable = findChromium('@ae/images on a page');
const page = fileURLToPath(new URL('browser/page.js', import.meta.url));

it.skipIf(!executable)('reads, resizes and writes images', { timeout: 120_000 }, async () => {
  const script = await bundle(page);
  expect(script).not.toMatch(/require\("|from "node:/);
  const names = ['color.jpg', 'gray.jpg', 'color.png', 'color.bmp', 'lossless.webp', 'alpha.png', 'exif-6.jpg'];
  const files = { '/page.html': pageOf('/page.js'), '/page.js': script };
  const server = await servePages(files, { folders: { images: fixture('images') } });
  const browser = await startChromium(executable ?? '');
  try {
    const results = await openPage<{ images: RawImage[]; error?: string } & Record<string, unknown>>(
      browser,
      server,
      `/page.html?${names}`,
    );
    const { images, ...others } = results;
    expect(others.error).toBeUndefined();
    for (const [i, name] of names.entries()) {
      const expected = await readImage(fixture(`images/${name}`));
      const { data, width, height, channels } = images[i];
      expect([name, width, height, channels]).toEqual([name, expected.width, expected.height, expected.channels]);
      // Chromium's JPEG decoder is libjpeg-turbo, too.
      const alphaAt = (at: number) => (channels === 4 && at % 4 < 3 ? expected.data[at - (at % 4) + 3] / 255 : 1);
      // A canvas stores premultiplied colors.
      const differences = expected.data.map((byte, at) => Math.abs(byte - data[at]) * alphaAt(at));
      expect(Math.max(...differences), name).toBeLessThanOrEqual(2);
      if (name !== 'color.png') continue;
      const small = new RawImage(Uint8Array.from(Object.values(data)), width, height, channels).resize(7, 5);
      expect(others.small).toEqual([...small.data]);
    }
    expect(others).toMatchObject({ canvas: [1, 2, 3, 255], bitmap: [32, 24, 4], png: [137, 80], listed: ['a.png'] });
    expect(others.folder).toMatch(/^\[images\] A browser page cannot look into photos; pass imageFolder\(\) a list/);
    expect(others.missing).toMatch(/^\[images\] \/images\/none could not be fetched \(HTTP 404\)\.$/);
    expect(fs.statSync(fixture('images/color.png')).size).toBe(others.bytes);
  } finally {
    await browser.close();
    server.close();
  }
});
