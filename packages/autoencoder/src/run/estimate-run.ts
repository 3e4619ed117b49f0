import { checkChoice, checkKeys, checkNumber, checkObject } from '../errors/errors';
import type { WeightCount } from '../network/count-weights';
import { type OptimizerName, optimizers, runOptions } from '../training/options';
import type { Recipe } from '../training/recipes';
import { checkpointBytes } from '../training/training-time';

/** What a run's folder will contain for a network. */
export interface RunEstimate {
  /** Number of values in the network's weights. */
  readonly weights: number;
  /** Size of a checkpoint: the weights, and what the optimizer, averaging and early stopping store for each. */
  readonly checkpointBytes: number;
  /** Number of checkpoints that are kept, including the best one. */
  readonly checkpoints: number;
  /** Size of all of them, and of the network that is saved at the end. */
  readonly bytes: number;
}

/** Estimates the size of a run's folder, without pictures and logs. Throws INVALID_OPTION. */
export function estimateRun(
  weights: WeightCount,
  recipe: Pick<Recipe, 'optimizer' | 'averageDecay' | 'earlyStopping'>,
  options: { readonly keep?: number } = {},
): RunEstimate {
  checkObject('estimateRun', weights, 'autoencoder.weightCount');
  checkObject('estimateRun, recipe', recipe, "resolveRecipe('default')");
  const names = Object.keys(optimizers) as OptimizerName[];
  checkChoice('estimateRun, recipe.optimizer.name', recipe.optimizer?.name, names);
  checkKeys('estimateRun', options, ['keep']);
  const { keep = runOptions.keep.default } = options;
  checkNumber('keep', keep, { min: 1, integer: true });
  const bytes = checkpointBytes(weights, recipe);
  const checkpoints = keep + 1;
  return { weights: weights.all, checkpointBytes: bytes, checkpoints, bytes: checkpoints * bytes + 4 * weights.all };
}
