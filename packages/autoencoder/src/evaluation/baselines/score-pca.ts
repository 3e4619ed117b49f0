import type { PixelFormat } from '../../data/pixels';
import type { ImageShape, SampleSource } from '../../data/samples';
import type { Pca } from './pca';
import { pcaRival, scoreRival } from './rivals';

/** The numbers of components that `scorePca` scores. */
export interface PcaScoreOptions {
  /** Numbers of components to encode images with, in ascending order; if there are fewer components, all of them are used. */
  readonly counts: readonly number[];
  /** Stops between batches, which then throws ABORTED. */
  readonly signal?: AbortSignal;
}

/** Scores principal components: the mean PSNR of the images in dB for each number of components, as `evaluate` computes it. */
export async function scorePca(
  pca: Pca,
  samples: SampleSource,
  format: { readonly inputShape: ImageShape; readonly pixels: PixelFormat },
  { counts, signal }: PcaScoreOptions,
): Promise<number[]> {
  const bits = 32;
  const budgets = counts.map((count) => (count * bits) / 8);
  const rows = await scoreRival(pcaRival(pca, format, bits), format, samples, budgets, [], signal);
  return rows.map(({ scores }) => scores?.psnrDb ?? Number.NaN);
}
