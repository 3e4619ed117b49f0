import { AutoencoderError, checkKeys, checkNumber, inWords } from '../errors';
import { type AugmentationOptions, checkAugmentation } from './augmentation';
import { checkEarlyStopping, type EarlyStoppingOptions } from './early-stopping';
import { checkLoss, type LossOptions } from './losses';
import { type OptimizerOptions, resolveOptimizer } from './optimizers';
import { checkSchedule, type ScheduleOptions } from './schedules';
import type { RecordOptions } from './stochastic-gradient';

/** How to train, apart from what on, how long and from which seed. Plain data: a run's config.json holds it whole. */
export interface Recipe {
  readonly optimizer: OptimizerOptions;
  readonly schedule: ScheduleOptions;
  /** Images a pass through the network. */
  readonly batchSize: number;
  /** Batches an update: their gradients are averaged by image, as if they had been one batch. */
  readonly accumulate: number;
  /** Draw a new order of the samples each epoch. */
  readonly shuffle: boolean;
  /** Epochs as the Torch original has them, of some records each; null: an epoch is one pass over all samples. */
  readonly records: RecordOptions | null;
  readonly loss: LossOptions;
  readonly augmentation: AugmentationOptions;
  /** The largest global norm of the gradients; larger ones are scaled down to it. null: no limit. */
  readonly clipNorm: number | null;
  /** Decay of the moving average of the weights that is validated and kept in the end, below 1. null: no average. */
  readonly averageDecay: number | null;
  /** Keep the decoder's kernels the adjoints of the encoder's. */
  readonly tiedWeights: boolean;
  readonly earlyStopping: EarlyStoppingOptions | null;
  /**
   * Weight of the Kullback-Leibler divergence in a variational autoencoder's loss, which is the reconstruction's loss
   * plus `beta` times the divergence per value of an image. Other networks have none.
   */
  readonly beta: number;
}

export type RecipeName = keyof typeof recipes;

const plain = {
  batchSize: 32,
  optimizer: { name: 'adam' },
  accumulate: 1,
  shuffle: true,
  records: null,
  schedule: { policy: 'fixed' },
  loss: { name: 'mse' },
  augmentation: {},
  clipNorm: null,
  averageDecay: null,
  tiedWeights: false,
  earlyStopping: null,
  beta: 0.01,
} as const satisfies Recipe;

/** The recipes by name. */
export const recipes = {
  /** Chosen by measured validation PSNR at equal time; docs/recipes.md has the comparison. */
  default: {
    ...plain,
    batchSize: 8,
    optimizer: { name: 'adam', learningRate: 5e-3, beta2: 0.99, denseFactor: 0.02, denseEvery: 8 },
    schedule: { policy: 'trapezoid', warmUpFraction: 0.03 },
  },
  /** Adam as it comes, and nothing else: what to compare with. */
  plain,
  /** The Torch original's loop: stochastic-gradient.ts. Its initialisation is `initialize({ scheme: 'torch' })`. */
  torch7: {
    ...plain,
    batchSize: 1,
    optimizer: { name: 'sgd', learningRate: 0.01 },
    schedule: { policy: 'torch7', learningRateDecay: 0 },
    records: { perEpoch: 1000, passes: 100 },
  },
} as const satisfies Record<string, Recipe>;

/** The options of `train` that belong to its recipe. */
export const recipeKeys = Object.keys(recipes.default) as readonly (keyof Recipe)[];

/** Returns the named recipe with some of its parts replaced; throws INVALID_OPTION for what can't be. */
export function resolveRecipe(name: RecipeName = 'default', changes: Partial<Recipe> = {}): Recipe {
  if (!Object.hasOwn(recipes, name)) {
    const known = Object.keys(recipes).join(', ');
    throw new AutoencoderError('INVALID_OPTION', `recipe: expected one of ${known}, received ${inWords(name)}.`);
  }
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  const recipe: Recipe = { ...recipes[name], ...Object.fromEntries(given) };
  checkRecipe(recipe);
  return { ...recipe, optimizer: resolveOptimizer(recipe.optimizer) as unknown as OptimizerOptions };
}

function checkRecipe(recipe: Recipe): void {
  checkSchedule(recipe.schedule);
  checkLoss(recipe.loss);
  checkAugmentation(recipe.augmentation);
  checkNumber('batchSize', recipe.batchSize, { min: 1, integer: true });
  checkNumber('accumulate', recipe.accumulate, { min: 1, integer: true });
  checkNumber('beta', recipe.beta, { min: 0 });
  if (recipe.clipNorm !== null) checkNumber('clipNorm', recipe.clipNorm, { min: 0, exclusiveMin: true });
  if (recipe.averageDecay !== null) checkNumber('averageDecay', recipe.averageDecay, { min: 0, below: 1 });
  if (recipe.earlyStopping !== null) checkEarlyStopping(recipe.earlyStopping);
  if (recipe.records !== null) {
    checkKeys('records', recipe.records, ['perEpoch', 'passes']);
    checkNumber('records, perEpoch', recipe.records.perEpoch, { min: 1, integer: true });
    checkNumber('records, passes', recipe.records.passes, { min: 1, integer: true });
    const images = recipe.batchSize * recipe.accumulate;
    if (recipe.records.perEpoch % images !== 0) {
      throw new AutoencoderError(
        'INVALID_OPTION',
        `records, perEpoch: expected a multiple of the ${images} images of an update, received ${recipe.records.perEpoch}; ` +
          'change the one or the other.',
      );
    }
  }
}
