/** The contents of a report as plain data: numbers, texts and pictures. */

import type { InterpolationMasks } from '../codes/interpolate';
import type { Comparison } from '../evaluation/baselines/compare';
import type { ComparisonRow } from '../evaluation/baselines/rivals';
import type { ScoreSummary } from '../evaluation/metrics/scores';
import type { CodeSizes, MaskMode } from '../network/masks';
import type { Picture, SpriteSheet } from './pictures';

/** Everything that a report shows, as plain data. */
export interface ReportData {
  readonly title: string;
  /** When the report was made, in ISO 8601. */
  readonly createdAt: string;
  readonly model: ReportModel;
  /** The run that trained the model, if its folder was given. */
  readonly run?: ReportRun;
  /** The images that were scored. */
  readonly evaluated: ReportSource;
  /** Scores by the masks that the decoder got; only `own` if the network has no masks or there is only one image. */
  readonly scores: Readonly<Partial<Record<MaskMode, MaskScores>>>;
  /** By class, if images have labels. */
  readonly classes: readonly ReportClass[];
  readonly examples: readonly ReportExample[];
  /** By PSNR with their own masks, worst first. */
  readonly worst: readonly ReportExample[];
  /** Best first. */
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
  /** Whether they are the images that the run was trained on, which makes scores too good. */
  readonly trainedOn: boolean;
  /** Number of images that were scored, and that there are. */
  readonly count: number;
  readonly sourceCount: number;
  readonly fingerprint: string;
}

/** The run of a report: options, data, engine and history. */
export interface ReportRun {
  readonly name: string;
  /** Name of the architecture. */
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
  /** Inputs above, reconstructions below; if there are many, not every epoch. */
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
  /** For a variational network: nats per image, and the number of values in the code that are in use. */
  readonly divergence?: number;
  readonly activeNumbers?: number;
}

/** Scores with one kind of masks. */
export interface MaskScores {
  readonly summary: ScoreSummary;
  /** PSNR in dB and SSIM of each image, for histograms. */
  readonly psnrsDb: readonly number[];
  readonly ssims: readonly number[];
}

/** Scores of a class of images. */
export interface ReportClass {
  readonly label?: number;
  /** The folder that all keys of the class name, if they do. */
  readonly name?: string;
  readonly summary: ScoreSummary;
}

/** An image and its reconstructions. */
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
  /** Number of codes that were searched for neighbors. */
  readonly searched: number;
  readonly map: {
    readonly sprites: SpriteSheet;
    /** In the order of the sprites; coordinates along the first two principal components. */
    readonly points: readonly { readonly x: number; readonly y: number; readonly name: string }[];
    /** Each component's share of the codes' variance, 0 to 1. */
    readonly varianceShares: readonly number[];
  };
  readonly neighbors: readonly {
    readonly name: string;
    readonly picture: Picture;
    readonly found: readonly { readonly name: string; readonly picture: Picture; readonly distance: number }[];
  }[];
  /** For a variational network: images decoded from random codes. */
  readonly drawn?: readonly {
    /**
     * Whether the codes resemble those of training images, drawn from a mixture of Gaussians; otherwise they are drawn from the standard
     * normal distribution.
     */
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
