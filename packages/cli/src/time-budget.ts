import type { Autoencoder, SampleSource, TrainOptions } from '@ae/autoencoder';

/** How long to try before the speed counts as known; the first steps, which are slower, are left out. */
const measureMs = 3000;
const warmUpSteps = 3;
/** How much faster an image is scored than trained on: a forward pass is about a third of a step. */
const scoringSpeedUp = 2.5;

export interface EpochFit {
  readonly epochs: number;
  readonly imagesPerSecond: number;
  readonly expectedMs: number;
}

/**
 * Says how many epochs fit into `seconds`, at least one, by training a network that is then thrown away for three seconds.
 * The number is settled before training begins, so that a run can be repeated exactly.
 */
export async function fitEpochs(
  create: () => Autoencoder,
  samples: SampleSource,
  { validation, ...options }: TrainOptions,
  seconds: number,
): Promise<EpochFit> {
  const network = create();
  await network.initialize();
  const imagesPerSecond = await measureSpeed(network, samples, options);
  network.dispose();
  const epochSeconds = (samples.length + (validation?.length ?? 0) / scoringSpeedUp) / imagesPerSecond;
  const epochs = Math.max(1, Math.floor(seconds / epochSeconds));
  return { epochs, imagesPerSecond, expectedMs: epochs * epochSeconds * 1000 };
}

async function measureSpeed(network: Autoencoder, samples: SampleSource, options: TrainOptions): Promise<number> {
  const stop = new AbortController();
  const first = { images: 0, elapsedMs: 0 };
  const last = { images: 0, elapsedMs: 0 };
  await network
    .train(samples, {
      ...options,
      epochs: Number.MAX_SAFE_INTEGER,
      signal: stop.signal,
      onStep: ({ step, images, elapsedMs }) => {
        if (step <= warmUpSteps) Object.assign(first, { images, elapsedMs });
        Object.assign(last, { images, elapsedMs });
        if (step > warmUpSteps && elapsedMs >= measureMs) stop.abort();
      },
    })
    .catch((error) => {
      if (error.code !== 'ABORTED') throw error;
    });
  return ((last.images - first.images) / (last.elapsedMs - first.elapsedMs)) * 1000;
}
