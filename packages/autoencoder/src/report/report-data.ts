/** What a report shows, as plain data: numbers, texts and pictures. */

import type { InterpolationMasks } from '../codes/interpolate';
import type { Comparison } from '../evaluation/baselines/compare';
import type { ComparisonRow } from '../evaluation/baselines/rivals';
import type { ScoreSummary } from '../evaluation/metrics/scores';
import type { CodeSizes, MaskMode } from '../network/masks';
import type { Picture, SpriteSheet } from './pictures';

/** Everything that a report shows, as plain data. */
export interface ReportData {
  readonly title: string;
  /** When the report was made, ISO 8601. */
  readonly createdAt: string;
  readonly model: ReportModel;
  /** The run that trained the model, where its folder was given. */
  readonly run?: ReportRun;
  /** The images that were scored. */
  readonly evaluated: ReportSource;
  /** Scores by whose masks the decoder got; only `own` where the network has none or there is one image. */
  readonly scores: Readonly<Partial<Record<MaskMode, MaskScores>>>;
  /** By class, where images have labels. */
  readonly classes: readonly ReportClass[];
  readonly examples: readonly ReportExample[];
  /** By PSNR with their own masks, the worst first. */
  readonly worst: readonly ReportExample[];
  /** The best first. */
  readonly best: readonly ReportExample[];
  readonly comparison?: ReportComparison;
  readonly latent?: ReportLatent;
}

/** The network of a report: its layers and the sizes of its code and masks. */
export interface ReportModel {
  /** `[height, width, channels]`. */
  readonly inputShape: readonly number[];
  readonly parameters: number;
  readonly sizes: CodeSizes;
  readonly layers: readonly { readonly name: string; readonly outputShape: string; readonly parameters: number }[];
}

/** Images of a report: their name, number and fingerprint. */
export interface ReportSource {
  readonly name?: string;
  /** Whether they are the images that the run trained on: such scores flatter. */
  readonly trainedOn: boolean;
  /** How many were scored, and of how many. */
  readonly count: number;
  readonly sourceCount: number;
  readonly fingerprint: string;
}

/** The run of a report: options, data, engine and history. */
export interface ReportRun {
  readonly name: string;
  /** The architecture by name. */
  readonly preset?: string;
  /** The command that started it. */
  readonly command?: string;
  readonly seed: number;
  readonly options: Readonly<Record<string, unknown>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly backend: { readonly name: string; readonly threads?: number };
  readonly train: { readonly name?: string; readonly count: number; readonly fingerprint: string };
  readonly validation?: { readonly name?: string; readonly count: number; readonly fingerprint: string };
  /** Losses of updates, averaged if there are more than a chart can show. */
  readonly steps: readonly { readonly step: number; readonly loss: number }[];
  readonly epochs: readonly ReportEpoch[];
  /** Inputs above, reconstructions below; not every epoch if there are many. */
  readonly samples: readonly { readonly epoch: number; readonly picture: Picture }[];
}

/** Losses and scores of an epoch. */
export interface ReportEpoch {
  readonly epoch: number;
  readonly step: number;
  readonly loss: number;
  readonly elapsedMs: number;
  readonly imagesPerSecond: number;
  readonly validationPsnrDb?: number;
  /** Of a variational network: nats per image, and how many numbers of the code are in use. */
  readonly divergence?: number;
  readonly activeNumbers?: number;
}

/** Scores with one choice of masks. */
export interface MaskScores {
  readonly summary: ScoreSummary;
  /** PSNR in dB and SSIM of each image, for histograms. */
  readonly psnrsDb: readonly number[];
  readonly ssims: readonly number[];
}

/** Scores of a class of images. */
export interface ReportClass {
  readonly label?: number;
  /** The folder that all keys of the class name, where they do. */
  readonly name?: string;
  readonly summary: ScoreSummary;
}

/** An image and what became of it. */
export interface ReportExample {
  readonly name: string;
  readonly psnrDb: number;
  readonly input: Picture;
  /** With its own masks. */
  readonly output: Picture;
  /** See `errorGain`. */
  readonly error?: Picture;
  readonly fixed?: { readonly picture: Picture; readonly psnrDb: number };
  readonly other?: { readonly picture: Picture; readonly psnrDb: number };
}

/** The network and other codes at equal sizes. */
export interface ReportComparison
  extends Pick<Comparison, 'count' | 'curves' | 'pcaFittedOn' | 'pcaFittedOf' | 'pcaMirrored' | 'missing'> {
  readonly groups: readonly {
    readonly counted: 'code' | 'code and masks';
    readonly codeBits: number;
    readonly budgetBytes: number;
    readonly rows: readonly ReportComparisonRow[];
  }[];
}

/** The score of one method at one size. */
export interface ReportComparisonRow extends Omit<ComparisonRow, 'scores'> {
  readonly summary?: ScoreSummary;
}

/** What a report shows of the code space. */
export interface ReportLatent {
  /** How many codes were searched for neighbors. */
  readonly searched: number;
  readonly map: {
    readonly sprites: SpriteSheet;
    /** In the order of the sprites; coordinates along the first two principal components. */
    readonly points: readonly { readonly x: number; readonly y: number; readonly name: string }[];
    /** The share of the codes' variance along each, 0 to 1. */
    readonly varianceShares: readonly number[];
  };
  readonly neighbors: readonly {
    readonly name: string;
    readonly picture: Picture;
    readonly found: readonly { readonly name: string; readonly picture: Picture; readonly distance: number }[];
  }[];
  /** Of a variational network: images decoded from codes drawn at random. */
  readonly drawn?: readonly {
    /** Whether the codes are like those of training images, by a mixture of Gaussians; else they are from the standard normal distribution. */
    readonly likeCodes: boolean;
    /** The image whose masks the decoder got; undefined for fixed ones. */
    readonly masksOf?: { readonly name: string; readonly picture: Picture };
    readonly pictures: readonly Picture[];
  }[];
  readonly interpolations: readonly {
    readonly first: { readonly name: string; readonly picture: Picture };
    readonly second: { readonly name: string; readonly picture: Picture };
    readonly rows: readonly { readonly masks: InterpolationMasks; readonly pictures: readonly Picture[] }[];
  }[];
}
