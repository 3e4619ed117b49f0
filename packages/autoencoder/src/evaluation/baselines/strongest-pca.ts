/** PCA at its best, so that a comparison with it is fair. */
import type { SampleSource } from '../../data/samples';
import { spread } from '../known-scores';
import { fitPca, fittedCount, type Pca, type PcaOptions } from './pca';
import { scorePca } from './score-pca';

/** Training images that the trial fits, and images that it scores. */
const [fittedImages, scoredImages] = [512, 128];

/** Minimum number of training images for a trial. */
const leastImages = 50;

/** What is known of a network that PCA is compared with. */
type Coded = Parameters<typeof fitPca>[1] & { readonly codeSize: number };

/**
 * Fits PCA to images and their mirror images if that is better, as for photographs, unless `mirror` decides. A small trial chooses: some of the
 * training images, as many components in proportion as the code has numbers, and some of the images that are compared, so that PCA has the benefit
 * of the doubt.
 */
export async function fitStrongestPca(
  training: SampleSource,
  compared: SampleSource,
  network: Coded,
  options: PcaOptions = {},
): Promise<Pca> {
  const mirror =
    options.mirror ??
    (training.length >= leastImages && (await gainsByMirroring(training, compared, network, options)));
  return fitPca(training, network, { ...options, mirror });
}

async function gainsByMirroring(
  training: SampleSource,
  compared: SampleSource,
  network: Coded,
  { signal, maxImages }: PcaOptions,
): Promise<boolean> {
  const fitted = spread(training, fittedImages);
  const [height, width, channels] = network.inputShape;
  const proportion = fitted.length / fittedCount(training, height * width * channels, maxImages);
  const counts = [Math.max(1, Math.round(network.codeSize * proportion))];
  const scores: number[] = [];
  for (const mirror of [false, true]) {
    const pca = await fitPca(fitted, network, { mirror, components: counts[0], signal });
    try {
      scores.push(...(await scorePca(pca, spread(compared, scoredImages), network, { counts, signal })));
    } finally {
      pca.dispose();
    }
  }
  return scores[1] > scores[0];
}
