import { AutoencoderError } from './errors';
import type { TrainingSession } from './training-session';

/** Makes the error that ends a training which won't get better: what was expected and received, where, and what there is to go back to. */
export function diverged(
  what: string,
  { at, learningRate }: TrainingSession,
  run: { readonly lastCheckpoint?: string } | undefined,
): AutoencoderError {
  const saved = run?.lastCheckpoint ? ` (the last good checkpoint is ${run.lastCheckpoint})` : '';
  return new AutoencoderError(
    'DIVERGED',
    `train: expected ${what} at step ${at.step} with learning rate ${learningRate}${saved}; train again with a smaller learning rate.`,
  );
}
