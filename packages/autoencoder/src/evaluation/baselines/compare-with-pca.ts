import type { PixelFormat } from '../../data/pixels';
import { checkSource, type ImageShape, type SampleSource } from '../../data/samples';
import { checkKeys, checkNumber, invalidOption } from '../../errors/errors';
import type { EvaluateOptions, Evaluation } from '../evaluate';
import { spread } from '../known-scores';
import type { PcaOptions } from './pca';
import { scorePca } from './score-pca';
import { fitStrongestPca } from './strongest-pca';

/** A network that can be scored, such as an Autoencoder. */
export interface ScoredNetwork {
  readonly inputShape: ImageShape;
  readonly pixels: PixelFormat;
  readonly codeSize: number;
  evaluate(samples: SampleSource, options: EvaluateOptions): Promise<Evaluation>;
}

/** What `compareWithPca` compares, and on which images. */
export interface PcaComparisonOptions {
  /** The images the network was trained on, to fit PCA to. */
  readonly trainingSamples: SampleSource;
  /** How PCA is fitted. Default: to mirror images as well if a small trial finds that better. */
  readonly pca?: Omit<PcaOptions, 'components' | 'signal'>;
  /** Maximum number of images to score, evenly spread over the source. Default 250. */
  readonly maxImages?: number;
  /** Stops between steps, which then throws ABORTED. */
  readonly signal?: AbortSignal;
}

/** Scores of a network and of PCA with the same number of values, on the same images. */
export interface PcaComparison {
  /** Number of values in the network's code. */
  readonly codeNumbers: number;
  /** Components of PCA: the same number, or all that exist. */
  readonly components: number;
  /** Number of images that were scored. */
  readonly count: number;
  /** Mean PSNR of the images in dB, with their own masks if the network has masks. */
  readonly psnrDb: number;
  readonly pcaPsnrDb: number;
  /** Number of images that PCA was fitted to, evenly spaced over `pcaFittedOf`, and whether their mirror images were included. */
  readonly pcaFittedOn: number;
  readonly pcaFittedOf: number;
  readonly pcaMirrored: boolean;
}

/** Scores a network, and PCA with as many components as its code has values. Throws INVALID_SAMPLE for fewer than two training images. */
export async function compareWithPca(
  network: ScoredNetwork,
  samples: SampleSource,
  options: PcaComparisonOptions,
): Promise<PcaComparison> {
  if (typeof network?.evaluate !== 'function') throw invalidOption('compareWithPca', 'an Autoencoder', network);
  checkSource('compareWithPca', samples);
  checkKeys('compareWithPca', options, ['trainingSamples', 'pca', 'maxImages', 'signal']);
  const { trainingSamples, maxImages = 250, signal } = options;
  checkNumber('maxImages', maxImages, { min: 1, integer: true });
  checkSource('trainingSamples', trainingSamples);
  const source = spread(samples, maxImages);
  const { codeSize } = network;
  const pca = await fitStrongestPca(trainingSamples, source, network, { ...options.pca, components: codeSize, signal });
  try {
    const [pcaPsnrDb] = await scorePca(pca, source, network, { counts: [codeSize], signal });
    const { psnrDb } = await network.evaluate(source, { similarity: false, signal });
    return {
      ...{ codeNumbers: codeSize, components: pca.componentCount, count: source.length },
      ...{
        psnrDb,
        pcaPsnrDb,
        pcaFittedOn: pca.fittedOn,
        pcaFittedOf: trainingSamples.length,
        pcaMirrored: pca.mirrored,
      },
    };
  } finally {
    pca.dispose();
  }
}
