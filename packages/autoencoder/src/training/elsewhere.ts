import type { Network } from '../network/network';
import type { RunOptions } from './run-options';
import type { EpochSummary, StepProgress } from './training-events';
import type { TrainingPlan } from './training-plan';

/** Training that takes place elsewhere. */
export interface ElsewhereTask {
  readonly network: Network;
  readonly plan: TrainingPlan;
  /** The run's folder, and its options. */
  readonly run: RunOptions;
}

/** Training that is about to start or to continue: the run has a checkpoint, and the network is in the same state. */
export interface PreparedTask extends ElsewhereTask {
  /** Makes the next updates here, at most `count` and only of the current epoch, and returns their losses; nothing is saved. */
  firstLosses(count: number): Promise<number[]>;
}

/** Callbacks that report progress. */
export interface ElsewhereListener {
  readonly signal?: AbortSignal;
  readonly onStep?: (progress: StepProgress) => void;
  readonly onEpoch?: (summary: EpochSummary) => void | Promise<void>;
}

/**
 * Another program that trains in place of this engine. Both share a run's folder: the program continues from the run's last checkpoint and
 * writes its own checkpoints there.
 */
export interface Elsewhere {
  /** Its name in a run's config.json. */
  readonly name: string;
  /** @internal Throws INVALID_OPTION for what it cannot train, before anything is written. */
  check(task: ElsewhereTask): Promise<void>;
  /** @internal Called before `train`. */
  prepare(task: PreparedTask): Promise<void>;
  /** @internal Trains to the end, or until `signal` is aborted. Returns false if training will take place at another time. */
  train(listener: ElsewhereListener): Promise<boolean>;
}
