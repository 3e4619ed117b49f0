/** The page in a real browser: it shows the images of a database, and reads little of it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { caffeKey, DatumWriter } from '@ae/lmdb-datum';
import { findChromium, startChromium } from '@ae/testing/chromium';
import sharp from 'sharp';
import { start } from './start-server.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'ae-lmdb-page-'));
const database = path.join(folder, 'train.lmdb');
const records = 3000;
const size = 64;

/** Raw pixels with a color of their own: planar, blue first. */
function colorOf(i) {
  return [i & 255, (i >> 4) & 255, 255 - (i & 127)];
}

before(async () => {
  const writer = await DatumWriter.open(database);
  const png = await sharp({ create: { width: 9, height: 5, channels: 3, background: { r: 200, g: 100, b: 50 } } })
    .png()
    .toBuffer();
  await writer.put(caffeKey(0, 'encoded.png'), { encoded: true, data: png, label: 3 });
  await writer.put(caffeKey(1, 'features'), {
    channels: 7,
    height: 1,
    width: 1,
    data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7),
  });
  for (let i = 2; i < records; i++) {
    const data = new Uint8Array(3 * size * size);
    for (const [channel, value] of colorOf(i).entries())
      data.fill(value, channel * size * size, (channel + 1) * size * size);
    await writer.put(caffeKey(i, `${i}.png`), { channels: 3, height: size, width: size, data, label: i % 10 });
  }
  await writer.close();
});
after(() => rmSync(folder, { recursive: true, force: true }));

const executablePath = findChromium('the page of examples/lmdb-page');
const skip = executablePath ? false : 'SKIPPED: no Chromium';

/** Returns caption and middle pixel of each image on the page. */
const readImages = (page) =>
  page.$$eval('figure', (figures) =>
    figures.map((figure) => {
      const canvas = figure.querySelector('canvas');
      const { width = 0, height = 0 } = canvas ?? {};
      const pixel = canvas?.getContext('2d').getImageData(width >> 1, height >> 1, 1, 1).data;
      return {
        caption: figure.querySelector('figcaption').textContent,
        size: [width, height],
        pixel: pixel && [...pixel],
      };
    }),
  );

const readRecord = (page) => page.$$eval('#record > *', (parts) => parts.map(({ textContent }) => textContent));

test('shows the images of an address, of a file, and of any place in it', { skip, timeout: 300_000 }, async () => {
  const { server, address } = await start(database);
  const browser = await startChromium(executablePath);
  try {
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    page.setDefaultTimeout(120_000); // Chromium is slow to begin where other tests have the cores.
    const errors = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    await page.goto(address);
    await page.waitForFunction(() => document.querySelectorAll('figure').length >= 50);
    const images = await readImages(page);
    assert.equal(images[0].caption, `3 ${caffeKey(0, 'encoded.png')}`);
    assert.deepEqual(
      [images[0].size, images[0].pixel],
      [
        [9, 5],
        [200, 100, 50, 255],
      ],
    );
    assert.deepEqual(images[1].size, [0, 0]);
    const [blue, green, red] = colorOf(40);
    assert.deepEqual(
      [images[40].size, images[40].pixel],
      [
        [size, size],
        [red, green, blue, 255],
      ],
    );
    assert.equal(await page.textContent('#status'), 'data.mdb');
    assert.match(
      await page.innerText('#facts'),
      /^images\s+3,000\s+file\s+\d+\.\d MB\s+records\s+Caffe's Datums\s+tree\s+2 levels$/,
    );
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'fits a phone');

    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await page.waitForFunction(() => document.querySelectorAll('figure').length >= 100);
    const keys = (await readImages(page)).map(({ caption }) => caption.split(' ')[1].slice(0, 8));
    assert.deepEqual(
      keys,
      keys.map((_, i) => String(i).padStart(8, '0')),
    );
    const bytesRead = (text) => Number(/^([\d.]+) MB of/.exec(text)[1]) * 1e6;
    await page.waitForFunction(() => /MB of/.test(document.getElementById('traffic').textContent));
    assert.ok(bytesRead(await page.textContent('#traffic')) < 5e6);

    await page.click('figure:nth-of-type(41) button');
    await page.waitForFunction(() => document.querySelector('#picture canvas'));
    assert.deepEqual(await readRecord(page), [
      'key',
      caffeKey(40, '40.png'),
      'label',
      '0',
      'size',
      '64 x 64',
      'stored',
      '3 x 64 x 64 bytes',
    ]);
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(
      (key) => document.querySelector('#record dd').textContent === key,
      caffeKey(41, '41.png'),
    );
    await page.keyboard.press('Escape');
    await page.fill('#key', '00002000');
    await page.press('#key', 'Enter');
    await page.waitForFunction(
      (key) => document.querySelector('figcaption')?.title === key,
      caffeKey(2000, '2000.png'),
    );

    await page.setInputFiles('#file', path.join(database, 'data.mdb'));
    await page.waitForFunction(
      (key) => document.querySelector('figcaption')?.title === key,
      caffeKey(0, 'encoded.png'),
    );
    await page.$eval('#position', (range) => {
      range.value = 1000;
      range.dispatchEvent(new Event('change'));
    });
    await page.waitForFunction(() => {
      scrollTo(0, document.body.scrollHeight);
      return document.getElementById('end').textContent === 'End of the database.';
    });
    const [last] = (await readImages(page)).slice(-1);
    assert.equal(last.caption, `${(records - 1) % 10} ${caffeKey(records - 1, `${records - 1}.png`)}`);

    await page.setInputFiles('#file', {
      name: 'cat.png',
      mimeType: 'image/png',
      buffer: Buffer.from('\x89PNG\r\n\x1a\n and so on', 'latin1'),
    });
    await page.waitForFunction(() => document.getElementById('status').classList.contains('error'));
    assert.match(await page.textContent('#status'), /^cat\.png: expected an LMDB data file, received a PNG image; /);
    await page.fill('#address', new URL('/nothing/data.mdb', address).href);
    await page.click('button');
    await page.waitForFunction(() => document.getElementById('status').textContent.includes('404'));
    assert.deepEqual(errors, []);
  } finally {
    await browser.close();
    server.kill();
  }
});
