/** PCA at its best, so that a comparison with it is fair. */
import type { SampleSource } from '../../data/samples';
import { spread } from '../known-scores';
import { fitPca, type Pca, type PcaOptions } from './pca';
import { scorePca } from './score-pca';

/** Images of the trial that chooses, and which of them are held out: every fifth. */
const [trialImages, heldOut] = [640, 5];

/** Fewest images that are worth a trial. */
const leastImages = 50;

/** What is known of a network that PCA is compared with. */
type Coded = Parameters<typeof fitPca>[1] & { readonly codeSize: number };

/**
 * Fits PCA to images and their mirror images where that is better, as for photographs, unless `mirror` says what to do. A trial on some of the
 * images, with as many components as the code has numbers, in proportion, chooses.
 */
export async function fitStrongestPca(samples: SampleSource, network: Coded, options: PcaOptions = {}): Promise<Pca> {
  const mirror =
    options.mirror ?? (samples.length >= leastImages && (await gainsByMirroring(samples, network, options)));
  return fitPca(samples, network, { ...options, mirror });
}

async function gainsByMirroring(
  samples: SampleSource,
  network: Coded,
  { signal, maxImages = 2048 }: PcaOptions,
): Promise<boolean> {
  const trial = spread(samples, trialImages);
  const fitted = part(trial, (index) => index % heldOut !== heldOut - 1);
  const others = part(trial, (index) => index % heldOut === heldOut - 1);
  const proportion = fitted.length / Math.min(samples.length, maxImages);
  const counts = [Math.max(1, Math.round(network.codeSize * proportion))];
  const scores: number[] = [];
  for (const mirror of [false, true]) {
    const pca = await fitPca(fitted, network, { mirror, components: counts[0], signal });
    try {
      scores.push(...(await scorePca(pca, others, network, { counts, signal })));
    } finally {
      pca.dispose();
    }
  }
  return scores[1] > scores[0];
}

/** Returns the samples of a source whose indices are chosen. */
function part(source: SampleSource, isChosen: (index: number) => boolean): SampleSource {
  const indices = Array.from({ length: source.length }, (_, index) => index).filter(isChosen);
  return { length: indices.length, at: (index) => source.at(indices[index]) };
}
