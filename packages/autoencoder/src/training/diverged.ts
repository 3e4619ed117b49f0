import { AutoencoderError } from '../errors/errors';
import type { TrainingSession } from './training-session';

/** Makes the error for training that will not recover: what went wrong, where, and what there is to go back to. */
export function diverged(
  what: string,
  { at, learningRate, fallback }: TrainingSession,
  run: { readonly lastCheckpoint?: string } | undefined,
): AutoencoderError {
  const saved = run?.lastCheckpoint ? `; the last good checkpoint is ${run.lastCheckpoint}` : '';
  return new AutoencoderError('DIVERGED', {
    state:
      `training diverged at step ${at.step} with learning rate ${learningRate}: ${what}. The network now has ${fallback} ` +
      `back${saved}`,
    todo: 'train again with a smaller learning rate, or clip the norm of the gradients',
  });
}
