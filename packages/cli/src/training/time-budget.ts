import type { Autoencoder, SampleSource, TrainOptions } from '@ae/autoencoder';

/** How long to try before the speed counts as known, and the time over which it is taken. */
const measureMs = 4000;
const windowMs = 1000;
/** The first steps, which are slower, are left out. */
const warmUpSteps = 3;
/** How much faster an image is scored than trained on: a forward pass is about a third of a step. */
const scoringSpeedUp = 2.5;

export interface EpochFit {
  readonly epochs: number;
  readonly imagesPerSecond: number;
  readonly expectedMs: number;
}

/**
 * Says how many epochs fit into `seconds`, at least one, by training a network that is then thrown away for four seconds.
 * The number is settled before training begins, so that a run can be repeated exactly, and schedules know their end.
 */
export async function fitEpochs(
  create: () => Promise<Autoencoder>,
  samples: SampleSource,
  { validation, ...options }: TrainOptions,
  { seconds, imagesPerEpoch }: { seconds: number; imagesPerEpoch: number },
): Promise<EpochFit> {
  const network = await create();
  const imagesPerSecond = await measureSpeed(network, samples, options);
  network.dispose();
  const scored = validation && 'length' in validation ? Number(validation.length) : 0;
  const epochSeconds = (imagesPerEpoch + scored / scoringSpeedUp) / imagesPerSecond;
  const epochs = Math.max(1, Math.round(seconds / epochSeconds));
  return { epochs, imagesPerSecond, expectedMs: epochs * epochSeconds * 1000 };
}

/** The speed of the fastest second: whatever else the machine does in between only slows it down. */
async function measureSpeed(network: Autoencoder, samples: SampleSource, options: TrainOptions): Promise<number> {
  const stop = new AbortController();
  const points: { images: number; elapsedMs: number }[] = [];
  const onStep = ({ step, images, elapsedMs }: { step: number; images: number; elapsedMs: number }) => {
    if (step >= warmUpSteps) points.push({ images, elapsedMs });
    if (points.length > 1 && elapsedMs - points[0].elapsedMs >= measureMs) stop.abort();
  };
  const { signal } = stop;
  await network.train(samples, { ...options, epochs: 1_000_000, signal, onStep }).catch((error) => {
    if (error.code !== 'ABORTED') throw error;
  });
  let fastest = 0;
  for (const [i, first] of points.entries()) {
    const last = points.find((point, j) => j > i && point.elapsedMs - first.elapsedMs >= windowMs);
    if (!last) break;
    fastest = Math.max(fastest, ((last.images - first.images) / (last.elapsedMs - first.elapsedMs)) * 1000);
  }
  return fastest;
}
