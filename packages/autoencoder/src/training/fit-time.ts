import type { Images } from '../data/images';
import { aimedPart, scoringSpeedUp } from './pace';
import type { TrainOptions } from './train-options';
import type { Amount } from './training-plan';

/** How long to try before the speed counts as known. */
const measureMs = 4000;
/** The first updates, which are slower, are left out. */
const warmUpSteps = 3;
/** How far from the part of the time that is aimed at whole epochs may end. */
const roundingPart = 0.03;

/** A network that can be tried and thrown away, such as an `Autoencoder`. */
export interface Trainable {
  train(images: Images, options: TrainOptions): Promise<unknown>;
  dispose(): void;
}

/** A plan, and what it goes by. */
export interface TimeFit extends Omit<Amount, 'minutes'> {
  readonly imagesPerSecond: number;
  readonly expectedMs: number;
}

interface Speed {
  readonly imagesPerSecond: number;
  readonly imagesPerStep: number;
}

/**
 * Says how much training fits into `seconds`, by training a network that is then thrown away for four seconds: whole epochs, or updates
 * where these come nearer. What is settled before training begins can be repeated exactly, and schedules know their end.
 */
export async function fitTime(
  create: () => Promise<Trainable>,
  images: Images,
  { validation, ...options }: TrainOptions,
  { seconds, imagesPerEpoch }: { seconds: number; imagesPerEpoch: number },
): Promise<TimeFit> {
  const network = await create();
  const speed = await measureSpeed(network, images, options);
  network.dispose();
  const { imagesPerSecond } = speed;
  const scored = validation && 'length' in validation ? Number(validation.length) : 0;
  const scoringSeconds = scored / scoringSpeedUp / imagesPerSecond;
  return { ...plan(aimedPart * seconds, { speed, imagesPerEpoch, scoringSeconds }), imagesPerSecond };
}

function plan(
  seconds: number,
  { speed, imagesPerEpoch, scoringSeconds }: { speed: Speed; imagesPerEpoch: number; scoringSeconds: number },
): Omit<TimeFit, 'imagesPerSecond'> {
  const stepSeconds = speed.imagesPerStep / speed.imagesPerSecond;
  const stepsPerEpoch = Math.ceil(imagesPerEpoch / speed.imagesPerStep);
  const epochSeconds = stepsPerEpoch * stepSeconds + scoringSeconds;
  const whole = Math.round(seconds / epochSeconds);
  if (Math.abs(whole * epochSeconds - seconds) <= roundingPart * seconds) {
    return { epochs: whole, expectedMs: whole * epochSeconds * 1000 };
  }
  const full = Math.floor(seconds / epochSeconds);
  // The first validation may take longer than all of the time: something is to be trained at any rate.
  const rest = Math.max(seconds - full * epochSeconds - scoringSeconds, full === 0 ? seconds / 2 : 0);
  const steps = Math.max(1, full * stepsPerEpoch + Math.floor(rest / stepSeconds));
  const epochs = Math.ceil(steps / stepsPerEpoch);
  return { epochs, steps, expectedMs: (steps * stepSeconds + epochs * scoringSeconds) * 1000 };
}

/** The speed of some seconds. Where that was not the usual one, the pace changes on the way. */
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
