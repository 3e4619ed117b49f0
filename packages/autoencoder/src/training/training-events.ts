/** What training reports on its progress: plain data. */

/** Progress of computing initial weights from the samples. */
export interface StartProgress {
  /** Number of images transformed so far. */
  readonly images: number;
  /** Number of images that are used. */
  readonly of: number;
}

/** Loss, learning rate and speed after a step. */
export interface StepProgress {
  /** Counted from 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Updates so far, over all epochs. */
  readonly step: number;
  readonly steps: number;
  /** What training minimizes, for this update's images and before the update; includes divergence and penalty. */
  readonly loss: number;
  /** PSNR of this update's images together, if the loss is their mean squared error; without the penalty. */
  readonly psnrDb?: number;
  /** For a variational network: the divergence of the codes' distribution from the standard normal one, per image. */
  readonly divergence?: number;
  /**
   * For a variational network: how many numbers of the code have a divergence of at least 0.01 nats, and so carry information about images.
   */
  readonly activeNumbers?: number;
  /** For a network whose layers have regularizers: what they add to the loss. */
  readonly penalty?: number;
  readonly learningRate: number;
  /** Images trained on so far, over all epochs. */
  readonly images: number;
  /** Time spent on training, including validation; continues when a run is resumed. */
  readonly elapsedMs: number;
  /** Images per second over the last two seconds, excluding validation. */
  readonly imagesPerSecond: number;
}

/** The end of a pass over the samples of an epoch, as reported to torch/nn's hookIteration. */
export interface PassSummary {
  readonly epoch: number;
  /** Counted from 1 in each epoch. */
  readonly pass: number;
  /** Mean loss of the pass's images, each measured before its own update. */
  readonly loss: number;
  readonly learningRate: number;
}

/** How well the validation samples are reconstructed, with their own masks; `evaluate` returns more. */
export interface ValidationScore {
  readonly mse: number;
  readonly psnrDb: number;
  readonly pooledPsnrDb: number;
}

/** Losses, scores and time of an epoch. */
export interface EpochSummary {
  readonly epoch: number;
  /** Updates so far, over all epochs. */
  readonly step: number;
  /** Mean loss of the epoch's images, each measured before its update. */
  readonly loss: number;
  /** For a variational network: mean divergence of the epoch's images, in nats. */
  readonly divergence?: number;
  /** For a variational network: how many numbers of the code were in use, averaged over the epoch. */
  readonly activeNumbers?: number;
  readonly learningRate: number;
  readonly validation?: ValidationScore;
  /** Images per second over all updates of the epoch. */
  readonly imagesPerSecond: number;
  readonly elapsedMs: number;
}

/** A checkpoint that was saved. */
export interface CheckpointSaved {
  readonly file: string;
  readonly step: number;
  /** Number of finished epochs. */
  readonly epoch: number;
  /** Whether it is the best so far. */
  readonly best: boolean;
}

/** Something that went wrong without stopping training. */
export interface TrainingWarning {
  /** Code of the error, such as CHECKPOINT_FAILED or ENOSPC; or POSTERIOR_COLLAPSE if a variational network hardly uses its code. */
  readonly code: string;
  readonly message: string;
  /** What is wrong, without what to do about it, if the message says both. */
  readonly state?: string;
}

/** The epochs of a training run. */
export interface TrainingHistory {
  readonly epochs: readonly EpochSummary[];
  readonly steps: number;
}
