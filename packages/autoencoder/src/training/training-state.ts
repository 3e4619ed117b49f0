import type { RandomState } from '../data/random';
import type { EarlyStoppingState } from './early-stopping';
import type { PaceState } from './pace';
import type { ScheduleState } from './schedule';
import type { EpochSummary } from './training-events';

/** How far training has come: plain data. Between two updates, it contains everything that is not a tensor. */
export interface TrainingState {
  /** The current epoch, counted from 1; above the last one at the end. */
  epoch: number;
  /** Updates so far. */
  step: number;
  /** Images trained on so far. */
  images: number;
  /** Number of the epoch's images that are done. */
  position: number;
  /** Sum of the losses of those images, each measured before its update. */
  lossSum: number;
  /** The same sum over the current pass. */
  passLossSum: number;
  /** For a variational network: the sums of the divergence and of the numbers in use over the epoch's images. */
  divergenceSum?: number;
  activeSum?: number;
  elapsedMs: number;
  /** The finished epochs. */
  history: EpochSummary[];
  /** State of the generator at the start of this epoch's random order. */
  orderRandom: RandomState;
  /** State of the generator for augmentation, noise and codes. */
  noiseRandom: RandomState;
  /** State of the generator for dropout and noise layers. */
  layerRandom?: RandomState;
  optimizerSteps: number;
  schedule?: ScheduleState;
  /** Set if updates were adjusted to a time limit. */
  pace?: PaceState;
  earlyStopping?: EarlyStoppingState;
}
