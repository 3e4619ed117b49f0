/**
 * The built package on a page in headless Chromium, bundled and by an import map: a network from Node.js produces the same pixels there.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, findChromium, softwareWebgl, startChromium } from '@ae/testing/chromium';
import { type PageServer, pageOf, plainPage, servePages } from '@ae/testing/page-server';
import { bundle, openPage } from '@ae/testing/pages';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../src/data/random';
import { Autoencoder, type BackendInfo, type Sample, useBackend } from '../src/entries/index';
import { drawingSamples } from './drawings';
import { rectangleSamples } from './rectangles';

interface EngineResults {
  readonly engine: BackendInfo;
  readonly pixels: number[][];
  readonly losses: number[];
  /** The initial weights of a network with preset transform, by layer. */
  readonly start: number[][];
}

interface PageResults {
  readonly error?: string;
  readonly wasm: EngineResults;
  readonly webgl: EngineResults;
  readonly missing: string;
  readonly saving: string;
  readonly engines: string[];
}

const executable = findChromium('@ae/autoencoder on a page');

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

describe.skipIf(!executable)('on a page', { timeout: 180_000 }, () => {
  // With noise, as in photographs: in flat areas the values of a pooling window are equal up to rounding, so that each engine may choose
  // another maximum.
  const random = new Random(4);
  const samples = rectangleSamples(4, { size: 32 }).map((sample) => ({
    ...sample,
    data: sample.data.map((byte) => byte ^ (random.uint32() >>> 27)),
  }));
  let folder: string;
  // Enough that the start uses eigenvectors of their covariance, not only cosines.
  const drawings = drawingSamples(140, 5, 32);
  let expected: Sample[];
  let expectedStart: number[][];
  let browser: Browser;
  let server: PageServer;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ae-page-'));
    await useBackend('wasm');
    const autoencoder = new Autoencoder({ inputShape: [32, 32, 3], codeSize: 60 });
    await autoencoder.initialize({ seed: 2 });
    await autoencoder.train(samples, { recipe: 'plain', epochs: 5, batchSize: 2 });
    expected = await autoencoder.reconstruct(samples);
    await autoencoder.save(path.join(folder, 'model'));
    autoencoder.dispose();
    expectedStart = await startOf(drawings);
    const plain = (list: readonly Sample[]) =>
      JSON.stringify(list.map((sample) => ({ ...sample, data: Array.from(sample.data) })));
    const script = await readFile(here('browser/page.js'), 'utf8');
    const files = {
      '/samples.json': plain(samples),
      '/drawings.json': plain(drawings),
      '/bundled.html': pageOf('/bundled.js'),
      '/bundled.js': await bundle(here('browser/page.js')),
      '/plain.html': plainPage.replace('"imports": {', '"imports": { "@ae/autoencoder": "/autoencoder/index.js",'),
      '/app.js': script,
    };
    const folders = {
      model: path.join(folder, 'model'),
      autoencoder: here('../dist/browser'),
      dist: path.dirname(createRequire(import.meta.url).resolve('@ae/layers')),
    };
    server = await servePages(files, { folders });
    browser = await startChromium(executable ?? '', softwareWebgl);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    server?.close();
    await rm(folder, { recursive: true });
  });

  it.each(['/bundled.html', '/plain.html'])(
    '%s reconstructs the pixels of Node.js, trains, and computes the same start',
    async (address) => {
      const { error, missing, saving, engines, ...results } = await openPage<PageResults>(browser, server, address);
      expect(error).toBeUndefined();
      for (const backend of ['wasm', 'webgl'] as const) {
        const { engine, pixels, losses, start } = results[backend];
        expect(engine.name).toBe(backend);
        const differences = pixels.map((image, i) => image.map((pixel, j) => Math.abs(pixel - expected[i].data[j])));
        expect(Math.max(...differences.flat()), backend).toBeLessThanOrEqual(1);
        expect(losses[1]).toBeLessThan(losses[0]);
        expect(start.length).toBe(expectedStart.length);
        // Bit for bit, which expect would compare, and print, for minutes.
        expect(start.every((weight, i) => weight.every((value, j) => Object.is(value, expectedStart[i][j])))).toBe(
          true,
        );
      }
      expect(missing).toMatch(/^\[autoencoder\] \/nowhere\/model\.json cannot be read \(HTTP 404\); name the folder/);
      expect(saving).toMatch(
        /^\[autoencoder\] \w+: expected Node\.js, received a browser, which has no files; use the functions/,
      );
      expect(engines).toEqual(['webgpu', 'wasm', 'webgl', 'cpu']);
    },
  );
});

/** The initial weights of a network with preset transform as computed by Node.js, by layer. */
async function startOf(images: readonly Sample[]): Promise<number[][]> {
  const autoencoder = new Autoencoder({ preset: 'transform', inputShape: [32, 32, 3], codeSize: 64 });
  await autoencoder.initialize({ seed: 1 });
  await autoencoder.computeStart(images, { seed: 1 });
  // With cosines only, it would consist of zeros and ones.
  const mixtures = Array.from(autoencoder.model.getLayer('to_code').getWeights()[0].dataSync()).filter(
    (v) => v % 1 !== 0,
  );
  expect(mixtures.length).toBeGreaterThan(1000);
  const weights = autoencoder.model.getWeights().map((weight) => Array.from(weight.dataSync()));
  autoencoder.dispose();
  return weights;
}
