import { formatNumberOf } from '@ae/ground/numbers';
import * as tf from '@tensorflow/tfjs-core';
import { AutoencoderError } from '../../errors/errors';
import { Unexpected } from '../../files/expectations';
import type { TrainingPlan } from '../../training/training-plan';
import type { TrainingSession } from '../../training/training-session';
import type { Warn } from '../attempt';
import type { LogPosition } from '../metrics-log';
import { type Checkpoint, damaged } from './checkpoint-file';
import { expectSavedState, type SavedState } from './checkpoint-state';
import type { CheckpointEntry, Checkpoints } from './checkpoints';

/** A run that may have been trained before. */
export interface EarlierRun {
  readonly folder: string;
  readonly checkpoints: Checkpoints;
  readonly plan: TrainingPlan;
  /** Whether the network has no weights until a checkpoint provides them. */
  readonly needsCheckpoint: boolean;
}

/**
 * Restores `session` from the newest intact checkpoint; returns the lengths of the logs at that time, or undefined if there is no
 * checkpoint. Throws CHECKPOINT_INVALID if all are damaged, OPTIONS_CHANGED for those of another network.
 */
export async function restoreSession(
  session: TrainingSession,
  { folder, checkpoints, plan, needsCheckpoint }: EarlierRun,
  warn: Warn,
): Promise<LogPosition | undefined> {
  const { problem } = checkpoints;
  const problems: string[] = problem === undefined ? [] : [problem];
  if (problem !== undefined && checkpoints.last) warn(damagedIndex(problem));
  for (let { last } = checkpoints; last; last = checkpoints.last) {
    try {
      return await restore(session, last, await checkpoints.load(last), { file: checkpoints.pathOf(last), plan });
    } catch (error) {
      // Only proven damage is skipped; what the disk failed to read this time may be intact.
      if (!(error instanceof AutoencoderError) || error.code !== 'CHECKPOINT_INVALID') throw error;
      problems.push(error.sentence);
      warn(error);
      checkpoints.leaveOut(last);
    }
  }
  if (needsCheckpoint) problems.push('Another process removed the last one.');
  if (problems.length > 0) throw noneLeft(folder, problems);
  return undefined;
}

async function restore(
  session: TrainingSession,
  { end }: CheckpointEntry,
  { state, tensors }: Checkpoint,
  { file, plan }: { readonly file: string; readonly plan: TrainingPlan },
): Promise<LogPosition> {
  try {
    checkState(file, state, plan);
    checkTensors(file, session, tensors);
    session.restore(state.training, tensors);
  } finally {
    tf.dispose(tensors as tf.TensorContainer);
  }
  if (!end || session.epochsDone !== session.at.epoch) return state.log;
  await session.endRestoredEpoch(end.summary);
  return end.log;
}

function checkState(file: string, state: unknown, plan: TrainingPlan): asserts state is SavedState {
  try {
    expectSavedState(state, plan);
  } catch (error) {
    throw error instanceof Unexpected ? damaged(file, error) : error;
  }
}

function checkTensors(file: string, session: TrainingSession, tensors: Readonly<Record<string, tf.Tensor>>): void {
  const inWords = (all: Readonly<Record<string, tf.Tensor>>) =>
    Object.entries(all).map(([name, { shape }]) => `${name} [${shape}]`);
  const [expected, found] = [inWords(session.tensors), inWords(tensors)];
  const missing = expected.filter((tensor) => !found.includes(tensor));
  const others = found.filter((tensor) => !expected.includes(tensor));
  if (missing.length + others.length === 0) return;
  const problem =
    missing.length > 0
      ? `it lacks ${formatNumberOf(missing.length, 'tensor')} (the first: ${missing[0]})`
      : `it has ${formatNumberOf(others.length, 'extra tensor')} (the first: ${others[0]})`;
  throw new AutoencoderError('OPTIONS_CHANGED', {
    state: `${file} does not match this network and recipe: ${problem}`,
    todo: 'resume with the network that the run was started with',
  });
}

function damagedIndex(problem: string): AutoencoderError {
  const message = `${problem}; the checkpoints beside it are identified by name, without the checksums that it contained.`;
  return new AutoencoderError('CHECKPOINT_INVALID', message);
}

function noneLeft(folder: string, problems: readonly string[]): AutoencoderError {
  return new AutoencoderError(
    'CHECKPOINT_INVALID',
    `${folder}: no checkpoint is left to resume from (${problems.join(' ').replace(/\.$/, '')}). Nothing was changed; restore one, or ` +
      'start a new run.',
  );
}
