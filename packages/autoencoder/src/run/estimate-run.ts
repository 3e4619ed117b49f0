import { checkNumber } from '../errors/errors';
import type { WeightCount } from '../network/count-weights';
import { runOptions } from '../training/options';
import type { Recipe } from '../training/recipes';
import { checkpointBytes } from '../training/training-time';

/** What a run's folder will hold of a network. */
export interface RunEstimate {
  /** Numbers of the network. */
  readonly weights: number;
  /** One checkpoint: the weights, and what the optimizer, an average and early stopping keep of each. */
  readonly checkpointBytes: number;
  /** Checkpoints that are kept, the best one among them. */
  readonly checkpoints: number;
  /** All of them, and the network that is saved in the end. */
  readonly bytes: number;
}

/** Estimates how large the folder of a run will grow, pictures and logs aside. Throws INVALID_OPTION. */
export function estimateRun(
  weights: WeightCount,
  recipe: Pick<Recipe, 'optimizer' | 'averageDecay' | 'earlyStopping'>,
  { keep = runOptions.keep.default }: { readonly keep?: number } = {},
): RunEstimate {
  checkNumber('keep', keep, { min: 1, integer: true });
  const bytes = checkpointBytes(weights, recipe);
  const checkpoints = keep + 1;
  return { weights: weights.all, checkpointBytes: bytes, checkpoints, bytes: checkpoints * bytes + 4 * weights.all };
}
