import * as tf from '@tensorflow/tfjs-core';
import { samplesToTensor, samplesToValues } from '../../data/pixels';
import type { Sample, SampleSource } from '../../data/samples';
import { AutoencoderError } from '../../errors/errors';
import type { MaskMode } from '../../network/masks';
import type { Network } from '../../network/network';
import { sampleBatches } from '../../network/network-batches';
import { codeBytes, numbersWithin, roundCodes } from '../../network/quantize';
import { type ImageScores, type Scores, scoreBatch, summarizeScores } from '../metrics/scores';
import type { JpegCoder } from './jpeg';
import type { Pca } from './pca';
import { throughThumbnail, thumbnailSize } from './thumbnail';

/** One way to encode images, and its score. */
export interface ComparisonRow {
  readonly method: 'autoencoder' | RivalMethod;
  /** For the autoencoder: the masks that its decoder got. */
  readonly masks?: MaskMode;
  /** For PCA: the number of coefficients. */
  readonly components?: number;
  /** For a thumbnail: its height and width. */
  readonly size?: readonly [height: number, width: number];
  /** Mean size of an image's code in bytes. */
  readonly bytes: number;
  /** Undefined if not every image can be made so small. */
  readonly scores?: Scores;
}

/** The score of a method at a size in bytes. */
export interface RatePoint {
  readonly bytes: number;
  readonly psnrDb: number;
}

/** A code that the network is compared with. */
export type RivalMethod = 'pca' | 'jpeg' | 'thumbnail';

/** What a rival needs to know about a network. */
type Format = Pick<Network, 'inputShape' | 'pixels'>;

/** A way to encode images other than the autoencoder. */
export interface Rival {
  readonly method: RivalMethod;
  /**
   * Encodes a batch within each budget, in ascending order: returns values `[N, H, W, C]` and the bytes used by all N; undefined if
   * impossible.
   */
  run(
    samples: readonly Sample[],
    budgets: readonly number[],
  ): Promise<({ values: ArrayLike<number>; bytes: number } | undefined)[]>;
  /** What a row shows besides the scores. */
  details?(budget: number): Pick<ComparisonRow, 'components' | 'size'>;
}

/** PCA with as many coefficients as fit in the budget, as float32 or rounded to fewer bits in the same way as a network's codes. */
export function pcaRival(pca: Pca, { inputShape, pixels }: Format, bits: number): Rival {
  const countFor = (budget: number) => Math.min(numbersWithin(budget, bits), pca.componentCount);
  return {
    method: 'pca',
    details: (budget) => ({ components: countFor(budget) }),
    async run(samples, budgets) {
      const exact = tf.tidy(() => pca.encode(samplesToTensor(samples, inputShape, pixels)));
      const coefficients = await roundCodes(exact, bits);
      const counts = budgets.map(countFor);
      const images = pca.decodePrefixes(coefficients, counts, inputShape);
      const values = await Promise.all(images.map((image) => image.data()));
      tf.dispose([exact, coefficients, images]);
      return values.map((image, i) => ({ values: image, bytes: codeBytes(counts[i], bits) * samples.length }));
    },
  };
}

/** The image itself with as many values as fit in the budget, as float32 or bytes, enlarged again. */
export function thumbnailRival({ inputShape, pixels }: Network, bits: number): Rival {
  const sizeFor = (budget: number) => thumbnailSize(inputShape, Math.floor((8 * budget) / bits));
  const step = (255 * pixels.scale) / (2 ** bits - 1);
  const round = (values: tf.Tensor4D) => {
    return bits === 32 ? values : tf.mul<tf.Tensor4D>(tf.round(tf.div(values, step)), step);
  };
  return {
    method: 'thumbnail',
    details: (budget) => ({ size: sizeFor(budget) }),
    async run(samples, budgets) {
      const images = samplesToTensor(samples, inputShape, pixels);
      const results = budgets.map(async (budget) => {
        const size = sizeFor(budget);
        if (!size) return undefined;
        const enlarged = throughThumbnail(images, size, round);
        const values = await enlarged.data();
        enlarged.dispose();
        return { values, bytes: Math.ceil((bits * size[0] * size[1] * inputShape[2]) / 8) * samples.length };
      });
      const all = await Promise.all(results);
      images.dispose();
      return all;
    },
  };
}

/** JPEG at the best quality that fits in the budget. */
export function jpegRival(coder: JpegCoder, { inputShape, pixels }: Network): Rival {
  return {
    method: 'jpeg',
    async run(samples, budgets) {
      const results = await Promise.all(samples.map((sample) => coder.runWithin(sample, budgets)));
      return Promise.all(
        budgets.map(async (_, i) => {
          const images = results.map((result) => result[i]).filter((image) => image !== undefined);
          if (images.length < samples.length) return undefined;
          const coded = images.map(({ sample }) => sample);
          const values = samplesToValues(coded, inputShape, pixels);
          return { values, bytes: images.reduce((sum, { bytes }) => sum + bytes, 0) };
        }),
      );
    },
  };
}

/** Scores a rival at every budget; SSIM only at those in `withSimilarity`. */
export async function scoreRival(
  rival: Rival,
  { inputShape, pixels }: Format,
  source: SampleSource,
  budgets: readonly number[],
  withSimilarity: readonly number[],
  signal: AbortSignal | undefined,
): Promise<ComparisonRow[]> {
  const peak = 255 * pixels.scale;
  const tables = budgets.map(() => ({ images: [] as ImageScores[], bytes: 0 }));
  let start = 0;
  for await (const samples of sampleBatches(source, 64, inputShape)) {
    if (signal?.aborted) throw new AutoencoderError('ABORTED', 'compare: aborted.', { cause: signal.reason });
    const expected = samplesToValues(samples, inputShape, pixels);
    const results = await rival.run(samples, budgets);
    for (const [i, result] of results.entries()) {
      if (!result) continue;
      const scored = { samples, start, expected, actual: result.values };
      tables[i].images.push(...scoreBatch(scored, inputShape, peak, withSimilarity.includes(budgets[i])));
      tables[i].bytes += result.bytes;
    }
    start += samples.length;
  }
  return tables.map(({ images, bytes }, i) => {
    const complete = images.length === source.length;
    const scores = complete ? { ...summarizeScores(images, peak), images } : undefined;
    return {
      method: rival.method,
      ...rival.details?.(budgets[i]),
      bytes: complete ? bytes / source.length : budgets[i],
      scores,
    };
  });
}

/** Removes sizes that a method cannot reach or does not use up: beyond them, its scores no longer change. */
export function ratePoints(rows: readonly ComparisonRow[]): RatePoint[] {
  const points: RatePoint[] = [];
  for (const { bytes, scores } of rows) {
    if (!scores || bytes <= (points.at(-1)?.bytes ?? 0)) continue;
    points.push({ bytes, psnrDb: scores.psnrDb });
  }
  return points;
}
