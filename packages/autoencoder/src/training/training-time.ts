/** How long training takes: its updates, and the end of each epoch, with a checkpoint and a validation. */
import type { WeightCount } from '../network/count-weights';
import { slotCount } from './optimizers';
import type { Recipe } from './recipes';

/** How much faster scoring an image is than training on it: a forward pass takes about a third of an update. */
const scoringSpeedUp = 2.5;
/** Bytes of a checkpoint that a typical disk copies and writes per millisecond. */
const savedBytesPerMs = 200_000;

/** Returns the size of a checkpoint: the weights, and what the optimizer, averaging and early stopping store for each. */
export function checkpointBytes(
  { all, trained }: WeightCount,
  { optimizer, averageDecay, earlyStopping }: Pick<Recipe, 'optimizer' | 'averageDecay' | 'earlyStopping'>,
): number {
  const copiesOfAll = 1 + (earlyStopping === null ? 0 : 1);
  const copiesOfTrained = slotCount(optimizer) + (averageDecay === null ? 0 : 1);
  return 4 * (copiesOfAll * all + copiesOfTrained * trained);
}

/** Returns the expected duration of the end of an epoch, before one has been measured. */
export function expectedEpochEndMs(work: {
  /** Number of images that are scored. */
  readonly validated: number;
  /** Images trained on per second. */
  readonly imagesPerSecond: number;
  readonly savedBytes: number;
}): number {
  const scoringMs = work.imagesPerSecond > 0 ? (1000 * work.validated) / (scoringSpeedUp * work.imagesPerSecond) : 0;
  return scoringMs + work.savedBytes / savedBytesPerMs;
}

/** What training spends its time on. */
export interface TrainingCosts {
  readonly msPerStep: number;
  readonly stepsPerEpoch: number;
  readonly epochEndMs: number;
}

/** Returns how long `count` updates take after `step` others, including the end of each remaining epoch, even if it is cut short. */
export function timeOfSteps(count: number, step: number, costs: TrainingCosts): number {
  const ends = epochOf(step + count, costs) - epochOf(step, costs) + 1;
  return count * costs.msPerStep + ends * costs.epochEndMs;
}

/**
 * Returns how many updates fit in a time after `step` others, including the end of each epoch, to within half an update; 0 or less if not
 * even the next end fits.
 */
export function stepsWithin(ms: number, step: number, costs: TrainingCosts): number {
  const { msPerStep, stepsPerEpoch, epochEndMs } = costs;
  const leftOfEpoch = epochOf(step, costs) * stepsPerEpoch - step;
  const msAfterEpoch = ms - leftOfEpoch * msPerStep - epochEndMs;
  if (msAfterEpoch < 0) return (ms - epochEndMs) / msPerStep;
  const epochMs = stepsPerEpoch * msPerStep + epochEndMs;
  const epochs = Math.floor(msAfterEpoch / epochMs);
  const msOfLast = msAfterEpoch - epochs * epochMs - epochEndMs;
  const least = msOfLast > -epochEndMs / 2 ? 1 : 0;
  return leftOfEpoch + epochs * stepsPerEpoch + Math.max(least, msOfLast / msPerStep);
}

/** Returns the epoch that update `step` belongs to. */
function epochOf(step: number, { stepsPerEpoch }: TrainingCosts): number {
  return Math.max(1, Math.ceil(Math.round(step) / stepsPerEpoch));
}
