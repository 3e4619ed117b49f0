/** Scores of all images of a database, as `ae test` computes and stores them. */

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Autoencoder, Evaluation, MaskMode, PixelFormat } from '@ae/autoencoder';
import type { ReportData } from '@ae/autoencoder/report';
import { readClassNames } from '@ae/ground/class-names';
import type { Shard } from '@ae/ground/shards';
import type { SampleDatabase } from '../data/sample-database';
import { formatBar, formatCount, type Terminal } from '../shell/terminal';
import { classNames } from './class-names';

interface EvaluateAllOptions {
  /** Compute SSIM with the other masks too. */
  readonly similarity: boolean;
  readonly shard?: Shard;
  readonly signal: AbortSignal;
}

/** Scores all images, or those of a shard, with each kind of masks, because the masks tell the decoder much about an image. */
export async function evaluateAll(
  network: Autoencoder,
  samples: SampleDatabase,
  { similarity, shard, signal }: EvaluateAllOptions,
  terminal: Terminal,
): Promise<Evaluation[]> {
  const modes = modesOf(network, samples);
  const evaluations: Evaluation[] = [];
  for (const masks of modes) {
    const onProgress = (done: number, total: number) =>
      terminal.status(
        `scoring${modes.length > 1 ? `, ${masks} masks` : ''} ${formatBar(done / total)} ${formatCount(done)}/${formatCount(total)}`,
      );
    evaluations.push(
      await network.evaluate(samples, { masks, similarity: similarity || masks === 'own', shard, signal, onProgress }),
    );
  }
  terminal.status('');
  return evaluations;
}

/** The masks that make a difference; a network without masks decodes in only one way. */
function modesOf({ sizes }: Autoencoder, { length }: SampleDatabase): MaskMode[] {
  if (sizes.maskBytes === 0) return ['own'];
  return length > 1 ? ['own', 'fixed', 'other'] : ['own', 'fixed'];
}

/** Removes SSIM and MS-SSIM of masks other than an image's own, which only a report computes. */
export function withoutOtherSimilarity(evaluations: readonly Evaluation[]): Evaluation[] {
  const without = (evaluation: Evaluation) => ({ ...evaluation, ssim: Number.NaN, msSsim: Number.NaN });
  return evaluations.map((evaluation) => (evaluation.masks === 'own' ? evaluation : without(evaluation)));
}

/** The means, without each image's scores; SSIM is NaN if it was not computed, which JSON writes as null. */
function summaryOf({ psnrDb, pooledPsnrDb, perfect, ssim, msSsim, mse, mae }: Evaluation) {
  return { psnrDb, pooledPsnrDb, perfect, ssim, msSsim, mse, mae };
}

/** What scores.json says about sizes and the names of classes, which is known without any scores. */
export function sizeTables(network: Autoencoder, samples: SampleDatabase) {
  const names = readClassNames(samples.records.path);
  return {
    ...(names.length > 0 && { classNames: names }),
    sizes: meanSizes(network, samples),
    ...(network.takesAnySize && { imageSizes: imageSizesOf(network, samples) }),
  };
}

export type SizeTables = ReturnType<typeof sizeTables>;

/** What scores.json contains about sizes and evaluations; the first evaluation is the one with the images' own masks. */
export async function tabulate(
  tables: SizeTables,
  pixels: Pick<PixelFormat, 'scale'>,
  evaluations: readonly Evaluation[],
  extremes: number,
) {
  const { bestImages, scoresByClass, worstImages } = await import('@ae/autoencoder/scores');
  const [own] = evaluations;
  const names = tables.classNames ? new Map(tables.classNames.entries()) : classNames(own.images);
  return {
    ...tables,
    masks: Object.fromEntries(evaluations.map((evaluation) => [evaluation.masks, summaryOf(evaluation)])),
    classes: scoresByClass(own, pixels).map((scores) => {
      const name = scores.label === undefined ? undefined : names.get(scores.label);
      return { ...scores, ...(name !== undefined && { name }) };
    }),
    worst: worstImages(own.images, extremes),
    best: bestImages(own.images, extremes),
  };
}

/** Bytes of an image, its code and its masks, on average, rounded. */
function meanSizes(network: Autoencoder, { sizes }: SampleDatabase) {
  const count = sizes.reduce((sum, size) => sum + size.count, 0);
  const mean = (key: 'imageBytes' | 'codeNumbers' | 'codeBytes' | 'maskBytes') =>
    Math.round(
      sizes.reduce((sum, size) => sum + size.count * network.sizesOf([size.height, size.width])[key], 0) / count,
    );
  return {
    imageBytes: mean('imageBytes'),
    codeNumbers: mean('codeNumbers'),
    codeBytes: mean('codeBytes'),
    maskBytes: mean('maskBytes'),
  };
}

/** The sizes of images, the number of images of each, and the numbers in their codes. */
function imageSizesOf(network: Autoencoder, { sizes }: SampleDatabase) {
  return sizes.map(({ channels, height, width, count }) => {
    const { codeShape, codeNumbers } = network.sizesOf([height, width]);
    return { channels, height, width, count, codeShape, codeNumbers };
  });
}

export type ScoreTables = Awaited<ReturnType<typeof tabulate>>;

/** The results of `ae test`. */
export interface TestResults extends ScoreTables {
  readonly model: string;
  readonly data: string;
  readonly engine: string;
  readonly count: number;
  readonly baselines?: ReportData['comparison'];
}

/** Writes scores to a folder; with `all`, those of each image with all masks. */
export async function writeScores(
  folder: string,
  results: TestResults,
  evaluations: readonly Evaluation[],
  all = false,
): Promise<void> {
  await writeFile(path.join(folder, 'scores.json'), `${JSON.stringify(withoutInfinity(results), null, 2)}\n`);
  const { scoresToCsv } = await import('@ae/autoencoder/scores');
  for (const { masks, images } of all ? evaluations : evaluations.slice(0, 1)) {
    const name = masks === 'own' ? 'scores.csv' : `scores-${masks}.csv`;
    await writeFile(path.join(folder, name), scoresToCsv(images));
  }
}

/** Returns the same values with infinite ones as the text "Infinity", as JSON stores the PSNR of a perfect reconstruction. */
export function withoutInfinity<T>(results: T): T {
  const named = (_key: string, value: unknown) => (value === Number.POSITIVE_INFINITY ? 'Infinity' : value);
  return JSON.parse(JSON.stringify(results, named)) as T;
}
