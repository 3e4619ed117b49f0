/** Reports in Chromium: without errors, at several widths, in light and dark mode, with their interactive parts. */
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, findChromium, type Page, startChromium } from '@ae/testing/chromium';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ReportData, renderComparison, renderReport } from '../src/entries/report';
import { reportedRun } from './reported-run';

const chromium = findChromium('reports in a browser');
let browser: Browser;
let folder: string;
let data: ReportData;

// Texts, because what runs in the page would need the browser's types here.
const pageWidths = '[document.documentElement.scrollWidth, document.documentElement.clientWidth]';
const brokenPictures = '[...document.images].filter((one) => !one.complete || one.naturalWidth === 0).length';
const shownSlides = "[...document.querySelectorAll('[data-slide]')].flatMap((one, i) => (one.hidden ? [] : [i]))";
const pageColors =
  'Object.values((({ backgroundColor, color }) => ({ backgroundColor, color }))(getComputedStyle(document.body)))';
const tableCells =
  "[...document.querySelectorAll('#options tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent))";

interface Opened {
  page: Page;
  problems: string[];
}

async function open(name: string, text: string, options: Parameters<Browser['newPage']>[0]): Promise<Opened> {
  const file = path.join(folder, `${name}.html`);
  await writeFile(file, text);
  const page = await browser.newPage(options);
  // As long as the test has.
  page.setDefaultTimeout(0);
  const problems: string[] = [];
  page.on('console', (message) => problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('request', (request) => {
    if (!/^(data|file):/.test(request.url())) problems.push(request.url());
  });
  await page.goto(pathToFileURL(file).href);
  return { page, problems };
}

const laptop = { viewport: { width: 1280, height: 800 } };
const phone = { viewport: { width: 375, height: 812 } };

describe.runIf(chromium)('in Chromium', () => {
  beforeAll(async () => {
    ({ folder, data } = await reportedRun());
    browser = await startChromium(chromium as string, ['--disable-gpu']);
  });

  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    ['laptop', laptop],
    ['phone', phone],
    ['small phone in the dark', { viewport: { width: 320, height: 600 }, colorScheme: 'dark' as const }],
  ])('renders without errors and without scrolling sideways: %s', async (name, options) => {
    const { page, problems } = await open(`report ${name}`, renderReport(data), options);
    const [scrollWidth, clientWidth] = await page.evaluate<number[]>(pageWidths);
    expect(scrollWidth).toBe(clientWidth);
    expect(await page.evaluate(brokenPictures)).toBe(0);
    const sections = await page.$$eval('section', (all) => all.map((one) => one.id));
    expect(sections).toEqual([
      'overview',
      'reconstructions',
      'training',
      'masks',
      'baselines',
      'scores',
      'codes',
      'repeat',
    ]);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('shows another epoch when the slider moves, and plays all of them', async () => {
    const { page, problems } = await open('slider', renderReport(data), laptop);
    const shown = () => page.evaluate(shownSlides);
    expect(await shown()).toEqual([2]);
    expect(await page.textContent('output')).toContain('After epoch 3');
    await page.focus('input[type=range]');
    await page.keyboard.press('ArrowLeft');
    expect(await shown()).toEqual([1]);
    expect(await page.textContent('output')).toContain('After epoch 2');
    await page.keyboard.press('End');
    await page.click('text=Play');
    expect(await shown()).toEqual([0]);
    await expect.poll(() => page.textContent('output'), { timeout: 60_000 }).toContain('After epoch 3');
    expect(await page.textContent('button')).toBe('Play');
    expect(problems).toEqual([]);
    await page.close();
  });

  it('describes what the pointer is over', async () => {
    const { page } = await open('tips', renderReport(data), laptop);
    await page.hover('#training .hit >> nth=0');
    expect(await page.textContent('#tip')).toMatch(/^Epoch 1: loss [\d.]+$/);
    expect(await page.isVisible('#tip')).toBe(true);
    await page.hover('h1');
    expect(await page.isVisible('#tip')).toBe(false);
    await page.close();
  });

  it('is dark if the system is', async () => {
    const brightness = async (colorScheme: 'light' | 'dark') => {
      const { page } = await open(colorScheme, renderReport(data), { ...laptop, colorScheme });
      const colors = await page.evaluate<string[]>(pageColors);
      await page.close();
      return colors.map((one) => (one.match(/\d+/g) ?? []).slice(0, 3).reduce((sum, c) => sum + Number(c), 0));
    };
    const [lightPage, lightText] = await brightness('light');
    const [darkPage, darkText] = await brightness('dark');
    expect(lightPage).toBeGreaterThan(lightText + 400);
    expect(darkText).toBeGreaterThan(darkPage + 400);
  });

  it('shows runs side by side', async () => {
    const other: ReportData = {
      ...data,
      title: 'other run',
      run: data.run && { ...data.run, seed: 7, options: { ...data.run.options, batchSize: 99 } },
    };
    for (const options of [laptop, phone]) {
      const { page, problems } = await open('runs', renderComparison([data, other]), options);
      const [scrollWidth, clientWidth] = await page.evaluate<number[]>(pageWidths);
      expect(scrollWidth).toBe(clientWidth);
      expect(await page.evaluate(tableCells)).toEqual([
        ['seed', '0', '7'],
        ['batchSize', '8', '99'],
      ]);
      expect(await page.$$('#curves polyline')).toHaveLength(4);
      expect(problems).toEqual([]);
      await page.close();
    }
  });
});
