/** What training tells as it goes: plain data. */

/** How far the computation of first weights from the samples is. */
export interface StartProgress {
  /** Images transformed so far. */
  readonly images: number;
  /** Images that are looked at. */
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
  /** What training minimizes, for this update's images, before it; divergence and penalty included. */
  readonly loss: number;
  /** PSNR of this update's images together, where the loss is their mean squared error, a penalty left out. */
  readonly psnrDb?: number;
  /** Of a variational network: the divergence of the codes' distribution from the standard normal one, per image. */
  readonly divergence?: number;
  /** Of a variational network: how many numbers of the code have a divergence of at least 0.01 nats, and so tell anything of images. */
  readonly activeNumbers?: number;
  /** Of a network whose layers have regularizers: what these add to the loss. */
  readonly penalty?: number;
  readonly learningRate: number;
  /** Images trained on so far, over all epochs. */
  readonly images: number;
  /** Time spent training, including validation; continues when a run is resumed. */
  readonly elapsedMs: number;
  /** Images per second over the last two seconds, validation left out. */
  readonly imagesPerSecond: number;
}

/** The end of a pass over the samples of an epoch: what torch/nn's hookIteration is told. */
export interface PassSummary {
  readonly epoch: number;
  /** Counted from 1 in each epoch. */
  readonly pass: number;
  /** The mean over the pass's images of their losses, each measured before its own update. */
  readonly loss: number;
  readonly learningRate: number;
}

/** How well the validation samples are reconstructed, with their own masks; `evaluate` says more. */
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
  /** The mean over the epoch's images of the loss, each measured before its update. */
  readonly loss: number;
  /** Of a variational network: the mean over the epoch's images of the divergence, in nats. */
  readonly divergence?: number;
  /** Of a variational network: how many numbers of the code were in use, on average over the epoch. */
  readonly activeNumbers?: number;
  readonly learningRate: number;
  readonly validation?: ValidationScore;
  readonly imagesPerSecond: number;
  readonly elapsedMs: number;
}

/** A checkpoint that was saved. */
export interface CheckpointSaved {
  readonly file: string;
  readonly step: number;
  /** Finished epochs. */
  readonly epoch: number;
  /** Whether it is the best so far. */
  readonly best: boolean;
}

/** Something that went wrong and that training went on without. */
export interface TrainingWarning {
  /** That of the error, such as CHECKPOINT_FAILED or ENOSPC; or POSTERIOR_COLLAPSE, where a variational network hardly uses its code. */
  readonly code: string;
  readonly message: string;
  /** How things are, without what to do, where the message says both. */
  readonly state?: string;
}

/** The epochs of a training. */
export interface TrainingHistory {
  readonly epochs: readonly EpochSummary[];
  readonly steps: number;
}
