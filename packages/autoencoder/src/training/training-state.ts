import type { RandomState } from '../data/random';
import type { EarlyStoppingState } from './early-stopping';
import type { PaceState } from './pace';
import type { ScheduleState } from './schedule';
import type { EpochSummary } from './training-events';

/** How far training has come: plain data. Between two updates it says all that is not a tensor. */
export interface TrainingState {
  /** The epoch in work, counted from 1; above the last one at the end. */
  epoch: number;
  /** Updates so far. */
  step: number;
  /** Images trained on so far. */
  images: number;
  /** How many of the epoch's images are done. */
  position: number;
  /** The sum over those images of their losses, each measured before its update. */
  lossSum: number;
  /** The same sum over the pass in work. */
  passLossSum: number;
  /** Of a variational network: the sums over the epoch's images of the divergence and of the numbers in use. */
  divergenceSum?: number;
  activeSum?: number;
  elapsedMs: number;
  /** The finished epochs. */
  history: EpochSummary[];
  /** Where the random order of this epoch begins. */
  orderRandom: RandomState;
  /** Where the random numbers of augmentation, noise and codes go on. */
  noiseRandom: RandomState;
  /** Where the random numbers of dropout and noise layers go on. */
  layerRandom?: RandomState;
  optimizerSteps: number;
  schedule?: ScheduleState;
  /** Where updates were made to fit into the time. */
  pace?: PaceState;
  earlyStopping?: EarlyStoppingState;
}
