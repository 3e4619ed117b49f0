import { AutoencoderError, checkChoice } from '../errors/errors';
import { checkOption, withDefaults } from '../errors/option-kinds';
import type { InitializationScheme, PresetName } from '../network/options';
import {
  type AugmentationOptions,
  type EarlyStoppingOptions,
  type LossOptions,
  type OptimizerOptions,
  resolveOptimizer,
  trainingOptions,
} from './options';
import type { ScheduleOptions } from './schedules';
import type { RecordOptions } from './stochastic-gradient';

/** How to train, apart from the data, the duration and the seed. Plain data, which a run's config.json contains in full. */
export interface Recipe {
  readonly optimizer: OptimizerOptions;
  readonly schedule: ScheduleOptions;
  /** Images per pass through the network. */
  readonly batchSize: number;
  /** Batches per update: their gradients are averaged over the images, as if they were one batch. */
  readonly accumulate: number;
  /** Draw a new order of the samples for each epoch. */
  readonly shuffle: boolean;
  /** Epochs of a few records each, as in the Torch original; null: an epoch is one pass over all samples. */
  readonly records: RecordOptions | null;
  readonly loss: LossOptions;
  /**
   * `mirror` images left to right with probability 1/2; `crop` random parts of samples that are larger than the network's input, and their
   * centers in validation, as Caffe's crop_size does; add Gaussian `noise` to the input only, which makes a denoising autoencoder (Vincent
   * et al., 2008).
   */
  readonly augmentation: AugmentationOptions;
  /** Maximum global norm of the gradients; larger ones are scaled down to it. null: no limit. */
  readonly clipNorm: number | null;
  /** Decay of the moving average of the weights that is validated and kept at the end, below 1. null: no average. */
  readonly averageDecay: number | null;
  /** Keep the decoder's kernels tied to the encoder's, as their adjoints. */
  readonly tiedWeights: boolean;
  readonly earlyStopping: EarlyStoppingOptions | null;
  /**
   * Weight of the Kullback-Leibler divergence in a variational autoencoder's loss, which is the reconstruction loss plus `beta` times the
   * divergence per value of an image. Does not apply to other networks.
   */
  readonly beta: number;
  /** Fraction of training during which `beta` grows from 0 to its value, so that the code is used before it costs anything; 0: none. */
  readonly betaWarmUpFraction: number;
  /**
   * Nats of divergence that cost nothing, for each number of the code, averaged over a batch: below that, no number is worth giving up
   * (free bits; Kingma et al., 2016).
   */
  readonly freeBits: number;
}

/** A named recipe is complete: it also says how long to train, and from which initial weights. */
export interface NamedRecipe extends Recipe {
  readonly epochs: number;
  /** How the initial weights are chosen. */
  readonly scheme: InitializationScheme;
}

/** The name of a recipe. */
export type RecipeName = keyof typeof recipes;

const plain = {
  epochs: 15,
  scheme: 'projection',
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
  betaWarmUpFraction: 0,
  freeBits: 0,
} as const satisfies NamedRecipe;

/** The recipes by name. */
export const recipes = {
  /** Chosen by measured validation PSNR at equal time; docs/recipes.md has the comparison. */
  default: {
    ...plain,
    batchSize: 16,
    optimizer: { name: 'adam', learningRate: 3e-3, beta2: 0.99, denseFactor: 0.02, denseEvery: 4 },
    schedule: { policy: 'trapezoid', warmUpFraction: 0.03 },
  },
  /** Plain Adam and nothing else, for comparison. */
  plain,
  /** For networks that start at a linear optimum, which training should only improve; docs/recipes.md has the results. */
  transform: {
    ...plain,
    scheme: 'linear',
    batchSize: 16,
    optimizer: { name: 'adam', learningRate: 2e-3, beta2: 0.99 },
    // 2 / (1 - beta2) steps, until Adam knows the size of gradients (Ma and Yarats, 2021): larger first steps push features below zero for
    // good.
    schedule: { policy: 'trapezoid', warmUpFraction: 0.03, warmUpSteps: 200 },
    clipNorm: 0.1,
    averageDecay: 0.98,
  },
  /** The Torch original's loop, with its initial weights: stochastic-gradient.ts. */
  torch7: {
    ...plain,
    epochs: 100,
    scheme: 'torch',
    batchSize: 1,
    optimizer: { name: 'sgd', learningRate: 0.01 },
    schedule: { policy: 'torch7', learningRateDecay: 0 },
    records: { perEpoch: 1000, passes: 100 },
  },
} as const satisfies Record<string, NamedRecipe>;

/** The recipe that suits a preset best, if it is not `default`. */
const recommended: Partial<Record<PresetName, RecipeName>> = { transform: 'transform' };

/** Returns the recipe for a network if none is named: that of its preset, or else `default`. */
export function recipeFor(preset: unknown): RecipeName {
  return recommended[preset as PresetName] ?? 'default';
}

/** The options of `train` that belong to its recipe, except its epochs. */
export const recipeKeys = Object.keys(plain).filter((key) => key !== 'epochs' && key !== 'scheme') as (keyof Recipe)[];

/** Returns the recipe of that name; throws INVALID_OPTION for an unknown one. */
export function namedRecipe(name: RecipeName): NamedRecipe {
  checkChoice('recipe', name, Object.keys(recipes));
  return recipes[name];
}

/** Returns the named recipe with some of its parts replaced; throws INVALID_OPTION for invalid combinations. */
export function resolveRecipe(name: RecipeName = 'default', changes: Partial<Recipe> = {}): Recipe {
  const base: Recipe = namedRecipe(name);
  const parts = recipeKeys.map((key) => [key, changes[key] === undefined ? base[key] : changes[key]]);
  const recipe: Recipe = Object.fromEntries(parts);
  checkRecipe(recipe);
  return { ...recipe, optimizer: resolveOptimizer(recipe.optimizer), records: fillRecords(recipe.records) };
}

function fillRecords(records: Recipe['records']): Recipe['records'] {
  return records && withDefaults(trainingOptions.records.options, records);
}

function checkRecipe(recipe: Recipe): void {
  for (const key of recipeKeys) checkOption(key, trainingOptions[key], recipe[key]);
  const images = recipe.batchSize * recipe.accumulate;
  const { perEpoch } = recipe.records ?? { perEpoch: 0 };
  if (perEpoch % images === 0) return;
  throw new AutoencoderError('INVALID_OPTION', {
    where: 'records.perEpoch',
    expected: `a multiple of the ${images} images per update`,
    received: String(perEpoch),
    todo: 'change one of them',
  });
}
