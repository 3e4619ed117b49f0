import type * as tf from '@tensorflow/tfjs-core';
import type { SampleSource } from '../data/samples';
import type { Network } from '../network/network';
import type { RunOptions } from './run-options';
import type { FittedTrainOptions } from './train-options';
import type { EpochSummary, StepProgress } from './training-events';
import type { TrainingPlan } from './training-plan';
import type { TrainingSession } from './training-session';

/** Records and saves training: a run's folder. Training knows it only by this interface. */
export interface TrainingRecord {
  /** The checkpoint to go back to, if there is one. */
  readonly lastCheckpoint?: string;
  /** Restores the session from the last checkpoint, or leaves it at the beginning. */
  start(session: TrainingSession): Promise<void>;
  /** Records an update. */
  step(progress: StepProgress): Promise<void>;
  /** Tells whether a checkpoint is due after `step` updates, within an epoch. */
  isCheckpointDue(step: number): boolean;
  /** Saves a checkpoint of the current session; resolves when it has been copied. */
  save(session: TrainingSession): Promise<void>;
  /** Draws images and their reconstructions by the current network. */
  drawSamples(epoch: number, step: number): Promise<void>;
  /** Records the end of an epoch. */
  epoch(summary: EpochSummary, weights: Readonly<Record<string, tf.Tensor>>): Promise<void>;
  /** Records how the epoch of the last checkpoint ended; `error` is what "best" refers to. */
  confirm(summary: EpochSummary, error: number): Promise<void>;
  /** Drops the checkpoint of the end of this epoch, because its network is unusable. */
  withdraw(at: Pick<EpochSummary, 'epoch' | 'step'>): Promise<void>;
  /** Waits until everything being written has been written or abandoned. */
  settle(): Promise<void>;
  /** Writes the trained network. */
  finish(session: TrainingSession): Promise<void>;
  /** Closes the record, whatever the outcome of training. */
  close(): Promise<void>;
}

/** What is trained, on which samples, and how. */
export interface TrainingTask {
  readonly network: Network;
  readonly samples: SampleSource;
  readonly options: FittedTrainOptions;
  readonly plan: TrainingPlan;
  /** The updates were made elsewhere: this only loads the results. */
  readonly isBack?: boolean;
}

/** Opens the record that `run` describes. */
export type OpenRecord = (run: RunOptions, task: TrainingTask) => Promise<TrainingRecord>;
