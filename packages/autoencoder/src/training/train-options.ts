import type { ImageOptions, Images } from '../data/images';
import type { SampleSource } from '../data/samples';
import { checkKeys } from '../errors/errors';
import type { Elsewhere } from './elsewhere';
import { type Recipe, type RecipeName, recipeKeys } from './recipes';
import type { RunOptions } from './run-options';
import type {
  CheckpointSaved,
  EpochSummary,
  PassSummary,
  StartProgress,
  StepProgress,
  TrainingWarning,
} from './training-events';

/** A recipe by name, parts of it replaced, and what is no part of a recipe. */
export interface TrainOptions extends Partial<Recipe> {
  /** Default: the one that suits the network's preset, which is 'default' for most. */
  readonly recipe?: RecipeName;
  /** Default by recipe: 15, and 100 for 'torch7'. */
  readonly epochs?: number;
  /** Updates in total, instead of `epochs`; the last epoch may be cut short. */
  readonly steps?: number;
  /**
   * Minutes that training, with its validations, is to take. Updates are planned by `epochs` or `steps`; as soon as they turn out to take
   * more or less time, the rest of the plan is made in fewer or more of them, so that the learning rate comes to its end in time. The
   * training ends within an epoch where it has to. Who needs to repeat a run exactly repeats its `steps` instead.
   */
  readonly minutes?: number;
  /** Determines the order of the samples, and augmentation and noise. Default 0. */
  readonly seed?: number;
  /** Samples never trained on, scored after each epoch. */
  readonly validation?: Images;
  /** How images that are no planar samples become those that the network takes. */
  readonly images?: ImageOptions;
  /**
   * Stops after the step in work; `train` then throws ABORTED, and the network has the weights that it would have if
   * training had been that short: averaged, or the best ones, where the recipe says so.
   */
  readonly signal?: AbortSignal;
  /** Called while the first weights of a network of preset `transform` are computed from the samples. */
  readonly onStart?: (progress: StartProgress) => void;
  /** Called after each update. */
  readonly onStep?: (progress: StepProgress) => void;
  /** Called after each pass over the samples of an epoch; the torch7 recipe makes many. */
  readonly onPass?: (summary: PassSummary) => void;
  /** Called after each epoch; training waits for what it returns. */
  readonly onEpoch?: (summary: EpochSummary) => void | Promise<void>;
  /** A folder for metrics, checkpoints and the trained network, from which training can be resumed. */
  readonly run?: RunOptions;
  /** Another program that makes the updates in this one's place, on the folder of `run`, such as `torchrun` of `/torchrun`. */
  readonly elsewhere?: Elsewhere;
  /** Called when the run has saved a checkpoint. */
  readonly onCheckpoint?: (saved: CheckpointSaved) => void;
  /** Called when something could not be written but training continues, and when images are fitted to the network. */
  readonly onWarning?: (warning: TrainingWarning) => void;
}

/** The same, with images as samples that the network takes. */
export interface FittedTrainOptions extends Omit<TrainOptions, 'validation'> {
  readonly validation?: SampleSource;
}

const callbacks = ['onStart', 'onStep', 'onPass', 'onEpoch', 'onCheckpoint', 'onWarning'];
const trainKeys = [
  ...recipeKeys,
  'recipe',
  'epochs',
  'steps',
  'minutes',
  'seed',
  'validation',
  'images',
  'signal',
  'run',
  'elsewhere',
  ...callbacks,
];

/** Throws INVALID_OPTION for options that there are not. */
export function checkTrainKeys(options: TrainOptions): void {
  checkKeys('train', options, trainKeys);
}
