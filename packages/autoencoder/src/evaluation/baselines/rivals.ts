import * as tf from '@tensorflow/tfjs-core';
import { samplesToTensor } from '../../data/pixels';
import type { Sample, SampleSource } from '../../data/samples';
import { AutoencoderError } from '../../errors';
import type { MaskMode } from '../../network/masks';
import type { Network } from '../../network/network';
import { sampleBatches } from '../evaluate';
import { type ImageScores, type Scores, scoreBatch, summarizeScores } from '../metrics/scores';
import type { JpegCoder } from './jpeg';
import type { Pca } from './pca';

/** One way to code images, and how well it did. */
export interface ComparisonRow {
  readonly method: 'autoencoder' | 'pca' | 'jpeg';
  /** Of the autoencoder: whose masks its decoder got. */
  readonly masks?: MaskMode;
  /** Of PCA: how many coefficients, float32 each. */
  readonly components?: number;
  /** The mean size of an image's code in bytes. */
  readonly bytes: number;
  /** Undefined where not every image can be made so small. */
  readonly scores?: Scores;
}

/** The score that a method reaches with a number of bytes. */
export interface RatePoint {
  readonly bytes: number;
  readonly psnrDb: number;
}

/** Another way to code images than the autoencoder. */
export interface Rival {
  readonly method: 'pca' | 'jpeg';
  /** Makes of one batch what each budget, in ascending order, allows: values `[N, H, W, C]`, and bytes used by all N; undefined: impossible. */
  run(
    samples: readonly Sample[],
    budgets: readonly number[],
  ): Promise<({ values: ArrayLike<number>; bytes: number } | undefined)[]>;
  componentsFor?(budget: number): number;
}

/** PCA with as many float32 coefficients as the budget holds. */
export function pcaRival(pca: Pca, { inputShape, pixels }: Network): Rival {
  const componentsFor = (budget: number) => Math.min(Math.floor(budget / 4), pca.componentCount);
  return {
    method: 'pca',
    componentsFor,
    async run(samples, budgets) {
      const coefficients = tf.tidy(() => pca.encode(samplesToTensor(samples, inputShape, pixels)));
      const counts = budgets.map(componentsFor);
      const images = pca.decodePrefixes(coefficients, counts, inputShape);
      const values = await Promise.all(images.map((image) => image.data()));
      tf.dispose([coefficients, images]);
      return values.map((image, i) => ({ values: image, bytes: 4 * counts[i] * samples.length }));
    },
  };
}

/** JPEG at the best quality that the budget holds. */
export function jpegRival(coder: JpegCoder, { inputShape, pixels }: Network): Rival {
  return {
    method: 'jpeg',
    async run(samples, budgets) {
      const results = await Promise.all(samples.map((sample) => coder.runWithin(sample, budgets)));
      return Promise.all(
        budgets.map(async (_, i) => {
          const images = results.map((result) => result[i]).filter((image) => image !== undefined);
          if (images.length < samples.length) return undefined;
          const tensor = samplesToTensor(
            images.map(({ sample }) => sample),
            inputShape,
            pixels,
          );
          const values = await tensor.data();
          tensor.dispose();
          return { values, bytes: images.reduce((sum, { bytes }) => sum + bytes, 0) };
        }),
      );
    },
  };
}

/** Scores a rival at every budget; SSIM only at those `withSimilarity`. */
export async function scoreRival(
  rival: Rival,
  { inputShape, pixels }: Network,
  source: SampleSource,
  budgets: readonly number[],
  withSimilarity: readonly number[],
  signal: AbortSignal | undefined,
): Promise<ComparisonRow[]> {
  const peak = 255 * pixels.scale;
  const tables = budgets.map(() => ({ images: [] as ImageScores[], bytes: 0 }));
  let start = 0;
  for await (const samples of sampleBatches(source, 64, inputShape)) {
    if (signal?.aborted) throw new AutoencoderError('ABORTED', 'compare: stopped as asked.', { cause: signal.reason });
    const tensor = samplesToTensor(samples, inputShape, pixels);
    const expected = await tensor.data();
    tensor.dispose();
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
    const components = rival.componentsFor?.(budgets[i]);
    return { method: rival.method, components, bytes: complete ? bytes / source.length : budgets[i], scores };
  });
}

/** Leaves out sizes that a method can't reach or that it doesn't use up: it has no more to say beyond them. */
export function ratePoints(rows: readonly ComparisonRow[]): RatePoint[] {
  const points: RatePoint[] = [];
  for (const { bytes, scores } of rows) {
    if (!scores || bytes <= (points.at(-1)?.bytes ?? 0)) continue;
    points.push({ bytes, psnrDb: scores.psnrDb });
  }
  return points;
}
