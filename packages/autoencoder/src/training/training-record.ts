import type * as tf from '@tensorflow/tfjs-core';
import type { SampleSource } from '../data/samples';
import type { Network } from '../network/network';
import type { RunOptions } from './run-options';
import type { FittedTrainOptions } from './train-options';
import type { EpochSummary, StepProgress } from './training-events';
import type { TrainingPlan } from './training-plan';
import type { TrainingSession } from './training-session';

/** What keeps a record of a training, and saves it: a run's folder. Training knows no more of it. */
export interface TrainingRecord {
  /** The checkpoint to go back to, where there is one. */
  readonly lastCheckpoint?: string;
  /** Puts the session where the last checkpoint left it, or leaves it at the beginning. */
  start(session: TrainingSession): Promise<void>;
  /** Takes note of an update. */
  step(progress: StepProgress): Promise<void>;
  /** Says whether a checkpoint is due after `step` updates, within an epoch. */
  isCheckpointDue(step: number): boolean;
  /** Saves a checkpoint of the session as it is; resolves when it has been copied. */
  save(session: TrainingSession): Promise<void>;
  /** Draws images and their reconstructions by the network as it is. */
  drawSamples(epoch: number, step: number): Promise<void>;
  /** Takes note of the end of an epoch. */
  epoch(summary: EpochSummary, weights: Readonly<Record<string, tf.Tensor>>): Promise<void>;
  /** Notes how the epoch of the last checkpoint ended; `error` is what "best" goes by. */
  confirm(summary: EpochSummary, error: number): Promise<void>;
  /** Forgets the checkpoint of the end of this epoch: its network is none to go back to. */
  withdraw(at: Pick<EpochSummary, 'epoch' | 'step'>): Promise<void>;
  /** Waits until what is being written has been written or given up. */
  settle(): Promise<void>;
  /** Writes the trained network. */
  finish(session: TrainingSession): Promise<void>;
  /** Ends the record, whatever became of the training. */
  close(): Promise<void>;
}

/** What is trained, on what, and how. */
export interface TrainingTask {
  readonly network: Network;
  readonly samples: SampleSource;
  readonly options: FittedTrainOptions;
  readonly plan: TrainingPlan;
  /** The updates were made elsewhere: this only comes for what was trained. */
  readonly isBack?: boolean;
}

/** Opens the record that `run` asks for. */
export type OpenRecord = (run: RunOptions, task: TrainingTask) => Promise<TrainingRecord>;
