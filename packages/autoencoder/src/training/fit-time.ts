import type { Images } from '../data/images';
import type { WeightCount } from '../network/count-weights';
import { aimedPart } from './pace';
import { resolveRecipe } from './recipes';
import type { TrainOptions } from './train-options';
import type { Amount } from './training-plan';
import { checkpointBytes, expectedEpochEndMs, stepsWithin, type TrainingCosts, timeOfSteps } from './training-time';

/** How long to measure before the speed is considered known. */
const measureMs = 4000;
/** The first updates, which are slower, are not counted. */
const warmUpSteps = 3;
/** How far from the target time whole epochs may end. */
const roundingPart = 0.03;

/** A network that can be tried and thrown away, such as an `Autoencoder`. */
export interface Trainable {
  readonly weightCount: WeightCount;
  train(images: Images, options: TrainOptions): Promise<unknown>;
  dispose(): void;
}

/** A plan, and the measurements it is based on. */
export interface TimeFit extends Omit<Amount, 'minutes'> {
  readonly imagesPerSecond: number;
  readonly expectedMs: number;
}

interface Speed {
  readonly imagesPerSecond: number;
  readonly imagesPerStep: number;
}

/**
 * Works out how much training fits in `seconds`, by training a network for four seconds and throwing it away: whole epochs, or a number of
 * updates if that comes closer, including the checkpoint and the validation at the end of each epoch. A plan made before training can be
 * repeated exactly, and schedules know their end.
 */
export async function fitTime(
  create: () => Promise<Trainable>,
  images: Images,
  { validation, ...options }: TrainOptions,
  { seconds, imagesPerEpoch }: { seconds: number; imagesPerEpoch: number },
): Promise<TimeFit> {
  const network = await create();
  const savedBytes = checkpointBytes(network.weightCount, resolveRecipe(options.recipe, options));
  const speed = await measureSpeed(network, images, options);
  network.dispose();
  const { imagesPerSecond } = speed;
  const validated = validation && 'length' in validation ? Number(validation.length) : 0;
  const msPerStep = (1000 * speed.imagesPerStep) / imagesPerSecond;
  const stepsPerEpoch = Math.ceil(imagesPerEpoch / speed.imagesPerStep);
  const epochEndMs = expectedEpochEndMs({ validated, imagesPerSecond, savedBytes });
  return { ...plan(1000 * aimedPart * seconds, { msPerStep, stepsPerEpoch, epochEndMs }), imagesPerSecond };
}

function plan(ms: number, costs: TrainingCosts): Omit<TimeFit, 'imagesPerSecond'> {
  const { msPerStep, stepsPerEpoch, epochEndMs } = costs;
  const epochMs = stepsPerEpoch * msPerStep + epochEndMs;
  const whole = Math.round(ms / epochMs);
  if (Math.abs(whole * epochMs - ms) <= roundingPart * ms) return { epochs: whole, expectedMs: whole * epochMs };
  // The end of the first epoch may take longer than the whole time, but something is to be trained in any case.
  const atLeast = Math.min(stepsPerEpoch, ms / 2 / msPerStep);
  const steps = Math.max(1, Math.floor(Math.max(stepsWithin(ms, 0, costs), atLeast)));
  return { epochs: Math.ceil(steps / stepsPerEpoch), steps, expectedMs: timeOfSteps(steps, 0, costs) };
}

/** Returns the speed over a few seconds. If that is not typical, the pace changes during training. */
async function measureSpeed(network: Trainable, samples: Images, options: TrainOptions): Promise<Speed> {
  const stop = new AbortController();
  const points: { images: number; elapsedMs: number }[] = [];
  let imagesPerStep = 1;
  const onStep = ({ step, images, elapsedMs }: { step: number; images: number; elapsedMs: number }) => {
    if (step === 1) imagesPerStep = images;
    if (step >= warmUpSteps) points.push({ images, elapsedMs });
    if (points.length > 1 && elapsedMs - points[0].elapsedMs >= measureMs) stop.abort();
  };
  const { signal } = stop;
  const trying = { ...options, epochs: 1_000_000, steps: undefined, minutes: undefined, signal, onStep };
  await network.train(samples, trying).catch((error) => {
    if (error.code !== 'ABORTED') throw error;
  });
  const [first, last] = [points[0], points[points.length - 1]];
  return { imagesPerSecond: ((last.images - first.images) / (last.elapsedMs - first.elapsedMs)) * 1000, imagesPerStep };
}
