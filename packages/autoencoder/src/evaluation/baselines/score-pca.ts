import { checkFormat, type PixelFormat } from '../../data/pixels';
import { checkSource, type ImageShape, type SampleSource } from '../../data/samples';
import { checkKeys, checkNumber, checkNumbers, invalidOption } from '../../errors/errors';
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
  options: PcaScoreOptions,
): Promise<number[]> {
  if (typeof pca?.decodePrefixes !== 'function') throw invalidOption('scorePca', 'what fitPca returns', pca);
  checkSource('scorePca', samples);
  checkFormat('scorePca', format);
  checkKeys('scorePca', options, ['counts', 'signal']);
  const { counts, signal } = options;
  checkNumbers('counts', counts);
  for (const count of counts) checkNumber('counts', count, { min: 1, integer: true });
  const bits = 32;
  const budgets = counts.map((count) => (count * bits) / 8);
  const rows = await scoreRival(pcaRival(pca, format, bits), format, samples, budgets, [], signal);
  return rows.map(({ scores }) => scores?.psnrDb ?? Number.NaN);
}
