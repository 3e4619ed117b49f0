/** The pages of ae watch in Chromium, while a network is trained. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { findChromium, type Page, startChromium } from '@ae/testing/chromium';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aeOk, makeFolder, makePictures, remove, startAe } from './ae';

const chromium = findChromium('ae watch in a browser');
const folder = makeFolder();
afterAll(() => remove(folder));

/** Waits until an expression holds on the page, whose policy does not allow functions made from text, as `waitForFunction` needs. */
async function until(page: Page, expression: string): Promise<void> {
  await expect
    .poll(() => page.evaluate(expression), { timeout: 120_000, interval: 100, message: expression })
    .toBe(true);
}

/** Starts ae watch and returns its address. */
async function watch(place: string) {
  const { child, finished } = startAe(['watch', place, '--json'], folder);
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (text) => resolve(String(text)));
    finished.then(({ stderr }) => reject(new Error(stderr)), reject);
  });
  return { child, finished, address: JSON.parse(line).address as string };
}

describe.skipIf(!chromium)('ae watch', () => {
  const timeout = 200_000;

  beforeAll(async () => {
    await makePictures(path.join(folder, 'photos'), 70, 16);
    await aeOk(folder, 'import', 'photos', 'photos.lmdb');
  });

  test('shows a run from beginning to end, and says when it is over', { timeout }, async () => {
    const training = startAe(
      ['train', 'photos.lmdb', '--val', 'photos.lmdb', '-e', '100000', '--no-report', '--no-pca', '-o', 'run'],
      folder,
    );
    await expect.poll(() => existsSync(path.join(folder, 'run', 'config.json')), { timeout: 120_000 }).toBe(true);
    const { child, finished, address } = await watch('run');
    const browser = await startChromium(chromium as string);
    try {
      const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
      page.setDefaultTimeout(120_000);
      const errors: string[] = [];
      page.on('pageerror', ({ message }) => errors.push(message));
      await page.goto(address);
      await until(page, `document.querySelector('h2')?.textContent === 'In training'`);
      await until(page, `document.querySelectorAll('svg.chart').length === 2`);
      const picture = `document.querySelector('[data-slide]:not([hidden]) img')`;
      await until(page, `${picture}?.complete && ${picture}.naturalWidth > 0`);
      const epoch = `Number(document.title.split('/')[0])`;
      await until(page, `${epoch} > ${await page.evaluate(epoch)}`);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      training.child.kill('SIGINT');
      await training.finished;
      await until(page, `document.querySelector('h2').textContent === 'Stopped'`);
      child.kill('SIGINT');
      await finished;
      await until(page, `document.getElementById('state').textContent.startsWith('ae watch has ended')`);
      expect(errors).toEqual([]);
    } finally {
      await browser.close();
      training.child.kill('SIGKILL');
      child.kill('SIGKILL');
    }
  });

  test('turns the pages of an LMDB', { timeout }, async () => {
    const { child, address } = await watch('photos.lmdb');
    const browser = await startChromium(chromium as string);
    try {
      const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
      page.setDefaultTimeout(120_000);
      await page.goto(address);
      await until(page, `document.querySelectorAll('figure').length === 60`);
      expect(await page.textContent('figcaption')).toContain('disc-000.png');
      await until(page, `document.querySelector('img').naturalWidth === 16`);
      await page.keyboard.press('ArrowRight');
      await until(page, `document.querySelectorAll('figure').length === 10`);
      expect(await page.textContent('figcaption')).toContain('disc-060.png');
      expect(await page.isDisabled('text=Next')).toBe(true);
      await page.fill('input', '1');
      await page.keyboard.press('Enter');
      await until(page, `document.querySelectorAll('figure').length === 60`);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    } finally {
      await browser.close();
      child.kill('SIGKILL');
    }
  });
});
