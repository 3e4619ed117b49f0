import type { ResolvedOptimizer } from './optimizers';
import { resolveOptimizer } from './options';
import type { Recipe } from './recipes';
import type { Schedule } from './schedule';
import { createSchedule } from './schedules';

/** What is to be done: a recipe, and the amount of data and time. */
export interface TrainingPlan {
  readonly recipe: Recipe;
  readonly epochs: number;
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
  epochs,
  stepsPerEpoch,
  imagesPerEpoch,
  imagesPerPass,
}: TrainingPlan): Schedule {
  const { learningRate: base } = resolveOptimizer(optimizer) as ResolvedOptimizer;
  const passesPerEpoch = imagesPerEpoch / imagesPerPass;
  const stepsPerPass = stepsPerEpoch / passesPerEpoch;
  return createSchedule(schedule, { base, totalSteps: stepsPerEpoch * epochs, stepsPerPass, passesPerEpoch });
}

/** The weight of the divergence in the update after `step` others. */
export function betaAt(step: number, { recipe, stepsPerEpoch, epochs }: TrainingPlan): number {
  const warmUpSteps = recipe.betaWarmUpFraction * stepsPerEpoch * epochs;
  return step >= warmUpSteps ? recipe.beta : (recipe.beta * step) / warmUpSteps;
}
