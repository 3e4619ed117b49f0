/**
 * Compares the autoencoder with codes of the same size: what its masks carry, and what PCA, JPEG and thumbnails achieve with the same
 * number of bytes.
 */

import type { SampleSource } from '../../data/samples';
import { type AutoencoderError, checkKeys, checkNumber } from '../../errors/errors';
import { type CodeSizes, type MaskMode, measureSizes } from '../../network/masks';
import type { Network } from '../../network/network';
import { codeBytes } from '../../network/quantize';
import { type Evaluation, evaluateNetwork } from '../evaluate';
import { KnownScores, spread } from '../known-scores';
import { fileCurve, jpegSettings, webpSettings } from './file-curves';
import { JpegCoder } from './jpeg';
import type { Pca, PcaOptions } from './pca';
import {
  type ComparisonRow,
  jpegRival,
  pcaRival,
  type RatePoint,
  type Rival,
  type RivalMethod,
  ratePoints,
  scoreRival,
  thumbnailRival,
} from './rivals';
import { fitStrongestPca } from './strongest-pca';

/** What `compare` compares with, and on which images. */
export interface CompareOptions {
  /** The images the network was trained on, to fit PCA to. Without them, PCA is left out. */
  readonly trainingSamples?: SampleSource;
  /** How PCA is fitted. Default: to mirror images as well if a small trial finds that better. */
  readonly pca?: Omit<PcaOptions, 'components' | 'signal'>;
  /** Maximum number of images to score, evenly spread over the source. Default 500. */
  readonly maxImages?: number;
  /** Evaluations of all `samples` by this network, including SSIM, which are then not computed again. */
  readonly evaluations?: readonly Evaluation[];
  /** Stops between batches; the comparison then throws ABORTED. */
  readonly signal?: AbortSignal;
  /** Called when a stage begins. */
  readonly onStage?: (stage: string) => void;
}

/** Ways to encode images in the same number of bytes. */
export interface ComparisonGroup {
  /** Which part of the autoencoder's output is counted. */
  readonly counted: 'code' | 'code and masks';
  /** Bits per number of the autoencoder's code: 32, or 8 after rounding. */
  readonly codeBits: number;
  /** Maximum number of bytes per image for each way. */
  readonly budgetBytes: number;
  readonly rows: readonly ComparisonRow[];
}

/** Scores of the network and of other codes at equal sizes. */
export interface Comparison {
  readonly sizes: CodeSizes;
  /** Number of images that were scored, and that there are. */
  readonly count: number;
  readonly sourceCount: number;
  readonly groups: readonly ComparisonGroup[];
  /**
   * Mean PSNR of the images by size in bytes, for the sizes that a method reaches: PCA by float32 coefficients, thumbnails by bytes, JPEG
   * and WebP by quality.
   */
  readonly curves: { readonly [method in RivalMethod | 'webp']: readonly RatePoint[] };
  /** If PCA was fitted: the number of images, evenly spaced over `pcaFittedOf`, and whether their mirror images were included. */
  readonly pcaFittedOn?: number;
  readonly pcaFittedOf?: number;
  readonly pcaMirrored?: boolean;
  /** What is missing and why, one sentence each. */
  readonly missing: readonly string[];
}

/**
 * Scores a network with all three kinds of masks, with its code unrounded and rounded to 8 bits, against PCA and JPEG at equal sizes. The
 * masks are counted with the code if the decoder gets the image's own.
 */
export async function compareNetwork(
  network: Network,
  samples: SampleSource,
  options: CompareOptions = {},
): Promise<Comparison> {
  checkKeys('compare', options, ['trainingSamples', 'pca', 'maxImages', 'evaluations', 'signal', 'onStage']);
  const { maxImages = 500, signal, onStage } = options;
  checkNumber('maxImages', maxImages, { min: 1, integer: true });
  const known = new KnownScores(samples, options.evaluations);
  const source = spread(samples, maxImages);
  const sizes = measureSizes(network);
  const groups = await scoreAutoencoder(network, source, sizes, known, options);
  const missing: string[] = [];
  const jpeg = await loadJpeg(network.inputShape[2], missing);
  const pca = await fitWherePossible(network, source, sizes.codeNumbers, groups, options, missing);
  const rows = groups.map((group) => [...group.rows]);
  const curves: Record<keyof Comparison['curves'], RatePoint[]> = { pca: [], jpeg: [], webp: [], thumbnail: [] };
  const curveBudgets = [64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384].filter((b) => b < sizes.imageBytes);
  for (const { rival, codeBits } of rivalsOf(network, pca, jpeg)) {
    onStage?.(stages[rival.method]);
    const own = groups.filter((group) => codeBits.includes(group.codeBits));
    const budgets = own.map(({ budgetBytes }) => budgetBytes);
    const isCurve = rival.method !== 'jpeg' && codeBits.includes(rival.method === 'thumbnail' ? 8 : 32);
    const all = [...new Set([...budgets, ...(isCurve ? curveBudgets : [])])].sort((a, b) => a - b);
    const scored = await scoreRival(rival, network, source, all, budgets, signal);
    for (const group of own) rows[groups.indexOf(group)].push(scored[all.indexOf(group.budgetBytes)]);
    if (isCurve) curves[rival.method] = ratePoints(scored);
  }
  pca?.dispose();
  if (jpeg) {
    onStage?.('JPEG and WebP: all qualities');
    curves.jpeg = await fileCurve(jpegSettings(jpeg, network.inputShape[2]), source, network, signal);
    curves.webp = await fileCurve(webpSettings(), source, network, signal);
  }
  return {
    sizes,
    count: source.length,
    sourceCount: samples.length,
    groups: groups.map((group, i) => ({ ...group, rows: rows[i] })),
    curves,
    ...(pca && { pcaFittedOn: pca.fittedOn, pcaFittedOf: options.trainingSamples?.length, pcaMirrored: pca.mirrored }),
    missing,
  };
}

/** Returns the rivals of a network's code with this many bits per number, in the order of the rows. */
function rivalsOf(
  network: Network,
  pca: Pca | undefined,
  jpeg: JpegCoder | undefined,
): { readonly rival: Rival; readonly codeBits: readonly number[] }[] {
  const byBits = (rivalFor: (bits: number) => Rival) =>
    [32, 8].map((bits) => ({ rival: rivalFor(bits), codeBits: [bits] }));
  return [
    ...(pca ? byBits((bits) => pcaRival(pca, network, bits)) : []),
    // All budgets at once, because they share many files.
    ...(jpeg ? [{ rival: jpegRival(jpeg, network), codeBits: [32, 8] }] : []),
    ...byBits((bits) => thumbnailRival(network, bits)),
  ];
}

const stages: Record<RivalMethod, string> = {
  pca: 'PCA: scoring',
  jpeg: 'JPEG: searching qualities',
  thumbnail: 'thumbnails',
};

/** Loads JPEG; adds the reason to `missing` if it does not load or cannot encode such images. */
async function loadJpeg(channels: number, missing: string[]): Promise<JpegCoder | undefined> {
  if (channels === 1 || channels === 3) {
    return JpegCoder.load().catch((error: AutoencoderError) => void missing.push(error.sentence));
  }
  missing.push(`JPEG: it encodes images of one or three channels, but these have ${channels}.`);
  return undefined;
}

/** Fits PCA; adds the reason to `missing` if there are no images to fit it to. */
async function fitWherePossible(
  { inputShape, pixels }: Network,
  source: SampleSource,
  codeSize: number,
  groups: readonly ComparisonGroup[],
  { trainingSamples, pca, signal, onStage }: CompareOptions,
  missing: string[],
): Promise<Pca | undefined> {
  if (trainingSamples && trainingSamples.length > 1) {
    onStage?.('PCA: fitting');
    const components = Math.max(...groups.map(({ budgetBytes, codeBits }) => Math.floor((8 * budgetBytes) / codeBits)));
    return fitStrongestPca(trainingSamples, source, { inputShape, pixels, codeSize }, { ...pca, components, signal });
  }
  missing.push(
    `PCA: ${trainingSamples ? 'one training image is not enough to fit it' : 'there are no training images to fit it to'}.`,
  );
  return undefined;
}

async function scoreAutoencoder(
  network: Network,
  source: SampleSource,
  { codeNumbers, maskBytes }: CodeSizes,
  known: KnownScores,
  { signal, onStage }: CompareOptions,
): Promise<ComparisonGroup[]> {
  const groups: ComparisonGroup[] = [];
  // Another image's masks require a second image.
  const without: MaskMode[] = source.length > 1 ? ['fixed', 'other'] : ['fixed'];
  for (const codeBits of [32, 8]) {
    const bytes = codeBytes(codeNumbers, codeBits);
    const kinds: [ComparisonGroup['counted'], number, MaskMode[]][] =
      maskBytes === 0
        ? [['code', bytes, ['own']]]
        : [
            ['code and masks', bytes + maskBytes, ['own']],
            ['code', bytes, without],
          ];
    for (const [counted, budgetBytes, modes] of kinds) {
      const rows: ComparisonRow[] = [];
      for (const masks of modes) {
        const found = known.find({ masks, codeBits }, source.length, 255 * network.pixels.scale);
        if (!found) onStage?.(`autoencoder: ${masks} masks, ${codeBits} bits per number`);
        const { similarity, ...scores } =
          found ?? (await evaluateNetwork(network, source, { masks, codeBits, signal }));
        rows.push({ method: 'autoencoder', masks, bytes: budgetBytes, scores });
      }
      groups.push({ counted, codeBits, budgetBytes, rows });
    }
  }
  return groups;
}
