import type { PixelFormat } from '../../data/pixels';
import { AutoencoderError, checkNumber, checkObject, checkObjects, inWords } from '../../errors/errors';
import { type ImageScores, type ScoreSummary, type Scores, summarizeScores } from './scores';

/** A number of {@link ImageScores} to rank images by. */
export type ScoreName = 'psnrDb' | 'ssim' | 'msSsim' | 'mse' | 'mae';

const scoreNames: readonly ScoreName[] = ['psnrDb', 'ssim', 'msSsim', 'mse', 'mae'];

/**
 * Returns the images from worst to best by one of their scores, ties in the order of the source; images without that score (NaN) are left
 * out.
 */
export function rankImages(images: readonly ImageScores[], by: ScoreName = 'psnrDb'): ImageScores[] {
  if (!scoreNames.includes(by)) {
    throw new AutoencoderError(
      'INVALID_OPTION',
      `rankImages: expected one of ${scoreNames.join(', ')}, received ${inWords(by)}.`,
    );
  }
  checkObjects('rankImages', images, 'scores of images');
  const sign = by === 'mse' || by === 'mae' ? -1 : 1;
  // Comparing instead of subtracting: two perfect images have Infinity dB each, and their difference would be NaN.
  const order = (a: number, b: number) => sign * (a < b ? -1 : a > b ? 1 : 0);
  return images.filter((image) => !Number.isNaN(image[by])).sort((a, b) => order(a[by], b[by]) || a.index - b.index);
}

/** Returns the `count` worst images, worst first. */
export function worstImages(images: readonly ImageScores[], count: number, by?: ScoreName): ImageScores[] {
  checkNumber('worstImages', count, { min: 0, integer: true });
  return rankImages(images, by).slice(0, count);
}

/** Returns the `count` best images, best first. */
export function bestImages(images: readonly ImageScores[], count: number, by?: ScoreName): ImageScores[] {
  checkNumber('bestImages', count, { min: 0, integer: true });
  return rankImages(images, by).reverse().slice(0, count);
}

/** The scores of the images of one class. */
export interface ClassScores extends ScoreSummary {
  /** Undefined for images without a label. */
  readonly label?: number;
}

/** Returns the scores by label, in ascending order of labels, images without a label last. */
export function scoresByClass(scores: Pick<Scores, 'images'>, pixels: Pick<PixelFormat, 'scale'>): ClassScores[] {
  checkObject('scoresByClass', scores, 'the scores that evaluate returns');
  const { images } = scores;
  checkObjects('scoresByClass', images, 'scores of images');
  checkNumber('scoresByClass, scale', pixels?.scale);
  const byLabel = new Map<number | undefined, ImageScores[]>();
  for (const image of images) {
    const group = byLabel.get(image.label);
    if (group) group.push(image);
    else byLabel.set(image.label, [image]);
  }
  const rank = (label: number | undefined) => label ?? Number.POSITIVE_INFINITY;
  return [...byLabel.entries()]
    .sort(([a], [b]) => (rank(a) < rank(b) ? -1 : 1))
    .map(([label, group]) => ({ label, ...summarizeScores(group, 255 * pixels.scale) }));
}

/**
 * Writes scores as CSV (RFC 4180, lines ending in \n) with the columns index, key, label, psnr_db, ssim, ms_ssim, mse, mae; missing numbers
 * are left empty, and the PSNR of a perfect image is `inf`, which NumPy and pandas read.
 */
export function scoresToCsv(images: readonly ImageScores[]): string {
  checkObjects('scoresToCsv', images, 'scores of images');
  const lines = images.map(({ index, key, label, psnrDb, ssim, msSsim, mse, mae }) =>
    [index, quote(key), label ?? '', ...[psnrDb, ssim, msSsim, mse, mae].map(formatNumber)].join(','),
  );
  return `${['index,key,label,psnr_db,ssim,ms_ssim,mse,mae', ...lines].join('\n')}\n`;
}

function quote(text = ''): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function formatNumber(value: number): string {
  if (Number.isNaN(value)) return '';
  return Number.isFinite(value) ? String(value) : value > 0 ? 'inf' : '-inf';
}
