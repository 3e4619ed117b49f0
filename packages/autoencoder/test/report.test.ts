import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, findChromium, type Page, startChromium } from '@ae/testing/chromium';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectReport, type ReportData, renderComparison, renderReport } from '../src/entries/report';
import { Autoencoder, type MaskMode, type Sample, type SampleSource, useBackend } from '../src/index';
import { toPicture } from '../src/report/pictures';
import { rectangleSamples } from './rectangles';

const chromium = findChromium('reports in a browser');
const browser = chromium ? await startChromium(chromium, ['--disable-gpu']) : undefined;
const images: Sample[] = rectangleSamples(60, { size: 16 }).map((image, i) => ({
  ...image,
  label: i % 3,
  // A name that would break a page which did not escape it.
  key: i === 0 ? '<img src=x onerror=alert(1)>/"0" & co.png' : `${String(i).padStart(8, '0')}_class-${i % 3}/${i}.png`,
}));
const [training, validation] = [images.slice(0, 40), images.slice(40)];
const stages: string[] = [];
let folder: string;
let data: ReportData;

beforeAll(async () => {
  await useBackend('wasm');
  folder = await mkdtemp(path.join(tmpdir(), 'ae-test-'));
  const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 32 });
  await ae.initialize({ seed: 1 });
  const runFolder = path.join(folder, 'my run');
  const run = {
    folder: runFolder,
    command: 'ae train "my data" --epochs 3',
    dataNames: { train: 'my data', validation: 'their images' },
  };
  await ae.train(training, { epochs: 3, batchSize: 8, validation, run });
  const options = { samples: validation, trainingSamples: training, runFolder, onStage: (s: string) => stages.push(s) };
  data = await collectReport(ae, options);
  ae.dispose();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('collectReport', () => {
  it('knows the run, the scores of all masks and what they are compared with', async () => {
    expect(data.title).toBe('my run');
    expect(data.run).toMatchObject({
      command: 'ae train "my data" --epochs 3',
      seed: 0,
      train: { name: 'my data', count: 40 },
    });
    expect(data.evaluated).toMatchObject({ count: 20, sourceCount: 20, name: 'their images', trainedOn: false });
    expect(data.run?.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(data.run?.samples.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(data.run?.epochs[2].validationPsnrDb).toBeCloseTo(data.scores.own?.summary.psnrDb ?? 0, 3);
    expect(Object.keys(data.scores)).toEqual(['own', 'fixed', 'other']);
    expect(data.scores.fixed?.psnrsDb).toHaveLength(20);
    expect(data.classes.map(({ label, name }) => [label, name])).toEqual([
      [0, 'class-0'],
      [1, 'class-1'],
      [2, 'class-2'],
    ]);
    expect(data.comparison?.groups).toHaveLength(4);
    expect(data.comparison?.pcaFittedOn).toBe(40);
    expect(data.latent?.map.points).toHaveLength(20);
    expect(data.latent?.interpolations[0].rows.map(({ masks }) => masks)).toEqual(['first', 'second', 'fixed']);
    expect(stages).toContain('PCA: fitting');
    expect(data.worst[0].psnrDb).toBeLessThan(data.best[0].psnrDb);
    expect(data.worst[0].psnrDb).toBe(Math.min(...(data.scores.own?.psnrsDb ?? [])));
  });

  it('is plain data, and gives the same page when it has been through JSON', () => {
    expect(renderReport(JSON.parse(JSON.stringify(data))) === renderReport(data)).toBe(true);
  });

  it('goes without a run, labels, baselines and masks', async () => {
    const { conv2d } = await import('@ae/layers');
    const layers = [conv2d({ filters: 1, kernelSize: 1, name: 'code' }), conv2d({ filters: 1, kernelSize: 1 })];
    const ae = new Autoencoder({ inputShape: [12, 9, 1], layers });
    await ae.initialize();
    const gray = [1, 2].map((n) => ({ channels: 1, height: 12, width: 9, data: new Uint8Array(108).fill(50 * n) }));
    const little = await collectReport(ae, { samples: gray, baselines: false });
    expect(Object.keys(little.scores)).toEqual(['own']);
    expect(little.latent?.interpolations[0].rows).toHaveLength(1);
    const page = withoutPictures(renderReport(little));
    expect(page.includes('Autoencoder')).toBe(true);
    expect(page.match(/NaN|undefined|id="masks"|id="training"|id="baselines"/)).toBeNull();
    const alone = await collectReport(ae, { samples: gray.slice(0, 1), baselines: false });
    expect(withoutPictures(renderReport(alone)).match(/NaN|undefined|id="codes"/)).toBeNull();
    ae.dispose();
  });

  it('says when the images are those that the network was trained on', async () => {
    const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 4 });
    await ae.initialize();
    const runFolder = path.join(folder, 'my run');
    const report = await collectReport(ae, { samples: training, runFolder, baselines: false });
    expect(report.evaluated).toMatchObject({ name: 'my data', trainedOn: true });
    expect(renderReport(report).includes('which it was trained on')).toBe(true);
    expect(renderReport(data).includes('which it was trained on')).toBe(false);
    ae.dispose();
  });

  it('shows images from random codes where the network is variational', async () => {
    const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 4, variational: true });
    await ae.initialize();
    const report = await collectReport(ae, { samples: validation, baselines: false });
    expect(report.latent?.drawn?.map(({ masksOf, pictures }) => [masksOf?.name, pictures.length])).toEqual([
      [undefined, 8],
      [validation[0].key, 8],
    ]);
    expect(renderReport(report).includes('Images from random codes')).toBe(true);
    expect(withoutPictures(renderReport(report))).not.toContain('mixture of Gaussians');
    // With training images at hand, as ae sample draws them.
    const trained = await collectReport(ae, { samples: validation, trainingSamples: training, baselines: false });
    expect(withoutPictures(renderReport(trained))).toContain('drawn from a mixture of Gaussians');
    const own = (await ae.sample({ count: 8, codesOf: training })).map(toPicture);
    expect(trained.latent?.drawn?.[0].pictures).toEqual(own);
    expect(renderReport(data).includes('Images from random codes')).toBe(false);
    ae.dispose();
  });

  it('scores nothing twice: neither what the caller has scored, nor what it compares with baselines', async () => {
    const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 4 });
    await ae.initialize();
    const few = images.slice(0, 24);
    let reads = 0;
    const counted: SampleSource = {
      length: few.length,
      identity: () => ({ revision: 'r', content: 'c', complete: true }),
      at: (index) => {
        reads++;
        return few[index];
      },
    };
    const readsOf = async <T>(work: () => Promise<T>) => {
      reads = 0;
      const result = await work();
      return { result, reads };
    };
    const evaluate = (masks: MaskMode) => ae.evaluate(counted, { masks });
    const scored = await readsOf(async () => [await evaluate('own'), await evaluate('fixed'), await evaluate('other')]);
    // Once for each kind of masks, and once for the images that lend theirs.
    expect(scored.reads).toBe(4 * few.length);
    const evaluations = scored.result;
    const collect = (options: object) => readsOf(() => collectReport(ae, { samples: counted, ...options }));
    const plain = { baselines: false };
    const [unknown, known] = [await collect(plain), await collect({ ...plain, evaluations })];
    expect(unknown.reads - known.reads).toBe(4 * few.length);
    expect({ ...known.result, createdAt: '' }).toEqual({ ...unknown.result, createdAt: '' });

    // Of fewer images, own and fixed masks score the same; the images that lend masks are others.
    const [some, fewer] = [
      await collect({ ...plain, maxImages: 8 }),
      await collect({ ...plain, maxImages: 8, evaluations }),
    ];
    expect(some.reads - fewer.reads).toBe(2 * 8);
    expect({ ...fewer.result, createdAt: '' }).toEqual({ ...some.result, createdAt: '' });

    const compare = (options: object) => readsOf(() => ae.compare(counted, options));
    const [compared, compares] = [await compare({}), await compare({ evaluations })];
    expect(compared.reads - compares.reads).toBe(4 * few.length);
    expect(compares.result).toEqual(compared.result);
    await expect(collectReport(ae, { samples: validation, evaluations })).rejects.toThrow(
      'evaluations: expected scores of the same 20 images, received scores of 24.',
    );
    ae.dispose();
  });

  it('says what is wrong with a run folder', async () => {
    const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 4 });
    await ae.initialize();
    const collect = (runFolder: string) => collectReport(ae, { samples: images, runFolder, baselines: false });
    await expect(collect(path.join(folder, 'nowhere'))).rejects.toThrow(/config\.json.*name the folder of a run/);
    await expect(collectReport(ae, { samples: images, runfolder: 'x' } as never)).rejects.toThrow(
      /unknown option "runfolder"/,
    );
    ae.dispose();
  });
});

/** The page without pictures, whose letters mean nothing, and without its own style and script. */
function withoutPictures(page: string): string {
  return page
    .replace(/data:image[^"')]+/g, 'data:')
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/<script>[\s\S]*?<\/script>\n<\/body>/, '');
}

describe('renderReport', () => {
  it('loads nothing from elsewhere and lets no name become markup', () => {
    const page = withoutPictures(renderReport({ ...data, title: '<script>alert(1)</script>' }));
    expect(page.includes('<script>alert')).toBe(false);
    expect(page.includes('<img src=x')).toBe(false);
    expect(page.match(/(src|href)="(?!data:|#)/)).toBeNull();
    expect(page.match(/url\((?!data:)/)).toBeNull();
    expect(page.includes('&lt;script&gt;alert(1)')).toBe(true);
  });

  it('shows the command, the sizes and the scores in words and figures', () => {
    const page = withoutPictures(renderReport(data));
    expect(page.includes('ae train &quot;my data&quot; --epochs 3')).toBe(true);
    expect(page.includes(`<b>${data.scores.own?.summary.psnrDb.toFixed(2)} dB</b>`)).toBe(true);
    expect(page.match(/NaN|undefined|\[object/)).toBeNull();
  });

  it('says of a run that was stopped how much was planned', () => {
    const run = data.run && { ...data.run, options: { ...data.run.options, epochs: 15 } };
    expect(renderReport({ ...data, run }).includes('trained for 3 epochs of 15 on')).toBe(true);
    expect(renderReport(data).includes('trained for 3 epochs on')).toBe(true);
  });
});

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
  await mkdir(folder, { recursive: true });
  await writeFile(file, text);
  const page = await (browser as Browser).newPage(options);
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

describe.runIf(browser)('in Chromium', () => {
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

  it('shows another epoch when the slider moves, and plays them', async () => {
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
    await expect.poll(() => page.textContent('output'), { timeout: 5000 }).toContain('After epoch 3');
    expect(await page.textContent('button')).toBe('Play');
    expect(problems).toEqual([]);
    await page.close();
  });

  it('says what the pointer is over', async () => {
    const { page } = await open('tips', renderReport(data), laptop);
    await page.hover('#training .hit >> nth=0');
    expect(await page.textContent('#tip')).toMatch(/^Epoch 1: loss [\d.]+$/);
    expect(await page.isVisible('#tip')).toBe(true);
    await page.hover('h1');
    expect(await page.isVisible('#tip')).toBe(false);
    await page.close();
  });

  it('is dark where the system is', async () => {
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

  it('sets runs side by side', async () => {
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

describe('renderComparison', () => {
  it('refuses one run, and warns of runs that were scored on different images', () => {
    expect(() => renderComparison([data])).toThrow(/2 to 6 reports, received 1/);
    const elsewhere = { ...data, evaluated: { ...data.evaluated, fingerprint: 'other' } };
    const page = withoutPictures(renderComparison([data, elsewhere]));
    expect(page.includes('scored on different images')).toBe(true);
    expect(page.includes('id="pictures"')).toBe(false);
  });
});
