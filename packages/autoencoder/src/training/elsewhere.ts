import type { Network } from '../network/network';
import type { RunOptions } from './run-options';
import type { EpochSummary, StepProgress } from './training-events';
import type { TrainingPlan } from './training-plan';

/** A training that is to be made elsewhere. */
export interface ElsewhereTask {
  readonly network: Network;
  readonly plan: TrainingPlan;
  /** The run's folder, and how it is kept. */
  readonly run: RunOptions;
}

/** One that is about to begin, or to go on: the run has a checkpoint, and the network is as that has it. */
export interface PreparedTask extends ElsewhereTask {
  /** Makes the next updates here, at most `count` and none of another epoch, and returns their losses; nothing of it is saved. */
  firstLosses(count: number): Promise<number[]>;
}

/** Who wants to know how it goes. */
export interface ElsewhereListener {
  readonly signal?: AbortSignal;
  readonly onStep?: (progress: StepProgress) => void;
  readonly onEpoch?: (summary: EpochSummary) => void | Promise<void>;
}

/**
 * Another program that trains in the place of this engine. What both have is a run's folder: it goes on from the run's last checkpoint and
 * writes the next ones there.
 */
export interface Elsewhere {
  /** What config.json of a run calls it. */
  readonly name: string;
  /** @internal Throws INVALID_OPTION for what it cannot train, before anything is written. */
  check(task: ElsewhereTask): Promise<void>;
  /** @internal Is called before `train`. */
  prepare(task: PreparedTask): Promise<void>;
  /** @internal Trains to the end, or until `signal`. Returns false where somebody else is to do so, some other time. */
  train(listener: ElsewhereListener): Promise<boolean>;
}
