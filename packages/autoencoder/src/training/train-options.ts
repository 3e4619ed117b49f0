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

/** A recipe by name, changes to it, and the options that are not part of a recipe. */
export interface TrainOptions extends Partial<Recipe> {
  /** Default: the one that suits the network's preset, which is 'default' for most. */
  readonly recipe?: RecipeName;
  /** Passes over the samples. Default by recipe: 15, or 100 for 'torch7'. */
  readonly epochs?: number;
  /** Updates in total, instead of `epochs`; the last epoch may be cut short. */
  readonly steps?: number;
  /**
   * Minutes that training should take, including validation. Updates are planned by `epochs` or `steps`; if they turn out to take more or
   * less time, fewer or more of them are made for the rest of the plan, so that the learning rate reaches its end in time. Training ends
   * within an epoch if it has to. To repeat a run exactly, use its `steps` instead.
   */
  readonly minutes?: number;
  /** Seed for the order of the samples, augmentation and noise. Default 0. */
  readonly seed?: number;
  /** Samples that are scored after each epoch and never trained on. */
  readonly validation?: Images;
  /** How images other than planar samples are converted to those that the network takes. */
  readonly images?: ImageOptions;
  /**
   * Stops training after the current step; `train` then throws ABORTED, and the network has the weights that it would have if training had
   * ended there: averaged, or the best ones, if the recipe says so.
   */
  readonly signal?: AbortSignal;
  /** Called while the initial weights of a network with preset `transform` are computed from the samples. */
  readonly onStart?: (progress: StartProgress) => void;
  /** Called after each update. */
  readonly onStep?: (progress: StepProgress) => void;
  /** Called after each pass over the samples of an epoch; the torch7 recipe makes many. */
  readonly onPass?: (summary: PassSummary) => void;
  /** Called after each epoch; training waits for the promise that it returns. */
  readonly onEpoch?: (summary: EpochSummary) => void | Promise<void>;
  /** A folder for metrics, checkpoints and the trained network, from which training can be resumed. */
  readonly run?: RunOptions;
  /** Another program that makes the updates instead of this one, in the folder of `run`, such as `torchrun` of `/torchrun`. */
  readonly elsewhere?: Elsewhere;
  /** Called when the run has saved a checkpoint. */
  readonly onCheckpoint?: (saved: CheckpointSaved) => void;
  /** Called if something could not be written but training continues, and if images are fitted to the network. */
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

/** Throws INVALID_OPTION for unknown options. */
export function checkTrainKeys(options: TrainOptions): void {
  checkKeys('train', options, trainKeys);
}
