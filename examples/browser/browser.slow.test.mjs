/** The page in a real browser: the pixels that it shows are those that Node.js computes. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Autoencoder, useBackend } from '@ae/autoencoder';
import { findChromium, startChromium } from '@ae/testing/chromium';
import sharp from 'sharp';
import { start } from './start-server.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'ae-browser-'));
const network = path.join(folder, 'network');
const autoencoder = new Autoencoder({ inputShape: [32, 32, 3], codeSize: 60 });
before(async () => {
  await useBackend('wasm');
  await autoencoder.initialize({ seed: 2 });
  await autoencoder.save(network);
});
after(() => rmSync(folder, { recursive: true, force: true }));

const executablePath = findChromium('the page of examples/browser');
const skip = executablePath ? false : 'SKIPPED: no Chromium';

/** A picture of 32 x 32 with an edge and noise, as planar bytes, blue first, and as a PNG. */
async function makePicture() {
  const size = 32;
  const rgb = Uint8Array.from({ length: 3 * size * size }, (_, i) => {
    const [x, channel] = [Math.floor(i / 3) % size, i % 3];
    return (x < 12 ? 60 : 180) + 20 * channel + ((i * 7919) % 23);
  });
  const data = Uint8Array.from({ length: rgb.length }, (_, i) => {
    const [channel, pixel] = [Math.floor(i / (size * size)), i % (size * size)];
    return rgb[3 * pixel + 2 - channel];
  });
  const png = await sharp(rgb, { raw: { width: size, height: size, channels: 3 } })
    .png()
    .toBuffer();
  return { sample: { channels: 3, height: size, width: size, data }, png };
}

test('reconstructs a picture as Node.js does', { skip, timeout: 300_000 }, async () => {
  const { sample, png } = await makePicture();
  const [expected] = await autoencoder.reconstruct([sample]);

  const { server, address } = await start(network);
  const browser = await startChromium(executablePath);
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(120_000); // Chromium is slow to begin where other tests have the cores.
    const errors = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    page.on('requestfailed', (request) => errors.push(`failed: ${request.url()}`));
    await page.goto(address);
    await page.waitForSelector('#file:enabled', { state: 'attached' });
    await page.setInputFiles('#file', { name: 'edge.png', mimeType: 'image/png', buffer: png });
    await page.waitForSelector('#pictures:not([hidden])');
    assert.match(await page.textContent('#status'), /^edge\.png: reconstructed in \d+ ms$/);
    assert.match(await page.textContent('#own-psnr'), /^PSNR \d+\.\d dB$/);
    const rgba = await page.$eval('#own', (canvas) => [
      ...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data,
    ]);
    const differences = Array.from(expected.data, (value, i) => {
      const [channel, pixel] = [Math.floor(i / 1024), i % 1024];
      return Math.abs(value - rgba[4 * pixel + 2 - channel]);
    });
    assert.ok(Math.max(...differences) <= 1, `largest difference ${Math.max(...differences)}`);

    await page.click('#sample');
    await page.waitForFunction(() => document.getElementById('status').textContent.startsWith('sample.png: '));
    assert.equal(await page.textContent('#own-from'), 'From its code of 60 numbers and its masks');

    await page.setInputFiles('#file', { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture') });
    await page.waitForFunction(() => document.getElementById('status').textContent.startsWith('notes.txt: '));
    assert.deepEqual(errors, []);
  } finally {
    await browser.close();
    server.kill();
  }
});

test('takes a network that has not been trained where there is none', { skip, timeout: 300_000 }, async () => {
  const { server, address } = await start();
  const browser = await startChromium(executablePath);
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(120_000);
    await page.goto(address);
    await page.click('#sample');
    await page.waitForSelector('#pictures:not([hidden])');
    // 256x192 pixels in blocks of 64x64, of 256 numbers each, or what the quickstart left.
    assert.match(await page.textContent('#own-from'), /^From its code of [\d,]+ numbers/);
    const psnr = Number(/PSNR (\d+\.\d) dB/.exec(await page.textContent('#own-psnr'))[1]);
    assert.ok(psnr > 25, `${psnr} dB`);
  } finally {
    await browser.close();
    server.kill();
  }
});
