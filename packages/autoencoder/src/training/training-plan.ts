import type { ResolvedOptimizer } from './optimizers';
import { resolveOptimizer } from './options';
import type { Recipe } from './recipes';
import type { Schedule } from './schedule';
import { createSchedule } from './schedules';

/** How long to train, as options of `train`. */
export interface Amount {
  readonly epochs: number;
  /** Set if the last epoch is cut short. */
  readonly steps?: number;
  readonly minutes?: number;
}

/** What is to be done: a recipe, and the amount of data and time. */
export interface TrainingPlan {
  readonly recipe: Recipe;
  /** The last of them may be cut short by `steps`. */
  readonly epochs: number;
  /** Total number of updates. */
  readonly steps: number;
  /** The time limit, if there is one: updates are then adjusted to it. */
  readonly minutes?: number;
  readonly seed: number;
  /** Number of samples. */
  readonly sampleCount: number;
  /** Number of images that training visits in an epoch. */
  readonly imagesPerEpoch: number;
  readonly stepsPerEpoch: number;
  /** Number of images in one pass over the epoch's samples; less than `imagesPerEpoch` only in the Torch original's epochs. */
  readonly imagesPerPass: number;
}

/** Makes the schedule of a training run. */
export function scheduleOf({
  recipe: { optimizer, schedule },
  steps,
  stepsPerEpoch,
  imagesPerEpoch,
  imagesPerPass,
}: TrainingPlan): Schedule {
  const { learningRate: base } = resolveOptimizer(optimizer) as ResolvedOptimizer;
  const passesPerEpoch = imagesPerEpoch / imagesPerPass;
  const stepsPerPass = stepsPerEpoch / passesPerEpoch;
  return createSchedule(schedule, { base, totalSteps: steps, stepsPerPass, passesPerEpoch });
}

/** Returns the weight of the divergence in an update, by its position in the plan. */
export function betaAt(position: number, { recipe, steps }: TrainingPlan): number {
  const warmUpSteps = recipe.betaWarmUpFraction * steps;
  return position >= warmUpSteps ? recipe.beta : (recipe.beta * position) / warmUpSteps;
}
