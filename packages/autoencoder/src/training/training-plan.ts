import type { ResolvedOptimizer } from './optimizers';
import { resolveOptimizer } from './options';
import type { Recipe } from './recipes';
import type { Schedule } from './schedule';
import { createSchedule } from './schedules';

/** How long a training is, as `train` takes it. */
export interface Amount {
  readonly epochs: number;
  /** Where the last epoch is cut short. */
  readonly steps?: number;
  readonly minutes?: number;
}

/** What is to be done: a recipe, and the amount of data and time. */
export interface TrainingPlan {
  readonly recipe: Recipe;
  /** The last of them may be cut short by `steps`. */
  readonly epochs: number;
  /** All updates. */
  readonly steps: number;
  /** The time that training is to take, in its place in the plan: then its updates are made to fit. */
  readonly minutes?: number;
  readonly seed: number;
  /** How many samples there are. */
  readonly sampleCount: number;
  /** Images that training visits in an epoch. */
  readonly imagesPerEpoch: number;
  readonly stepsPerEpoch: number;
  /** Images in one pass over the epoch's samples; less than `imagesPerEpoch` only in the Torch original's epochs. */
  readonly imagesPerPass: number;
}

/** Makes the schedule of a training. */
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

/** The weight of the divergence in an update, by where it is in the plan. */
export function betaAt(position: number, { recipe, steps }: TrainingPlan): number {
  const warmUpSteps = recipe.betaWarmUpFraction * steps;
  return position >= warmUpSteps ? recipe.beta : (recipe.beta * position) / warmUpSteps;
}
