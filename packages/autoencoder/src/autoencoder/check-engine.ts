/** Compares native TensorFlow with the reference, and measures its speed. */

import { Random } from '../data/random';
import type { Sample } from '../data/samples';
import { type BackendName, type BackendOptions, useBackend } from '../engines/backend';
import type { TensorflowCheck } from '../engines/native/installation';
import { AutoencoderError } from '../errors/errors';
import { Autoencoder } from './autoencoder';

/** Largest difference of the losses from the reference's, relative to them. */
const tolerance = 1e-3;

/**
 * Trains a few steps on native TensorFlow and on the cpu reference, which must agree, and measures the speed of TensorFlow and of the wasm
 * engine. Leaves the wasm engine active. Throws CHECK_FAILED with the losses, or BACKEND_UNAVAILABLE.
 */
export async function checkTensorflow(
  name: BackendName,
  options: BackendOptions,
  seconds: number,
): Promise<TensorflowCheck> {
  const { gpu } = await useBackend(name, options);
  const received = await lossesOfTraining();
  await useBackend('cpu');
  const expected = await lossesOfTraining();
  if (!received.every((loss, i) => Math.abs(loss / expected[i] - 1) < tolerance)) {
    throw new AutoencoderError(
      'CHECK_FAILED',
      `checkTensorflow: expected the reference's losses ${expected.join(', ')}, received ${received.join(', ')}; choose another version of TensorFlow.`,
    );
  }
  return { gpu, imagesPerSecond: await compareSpeeds(name, options, seconds) };
}

/** Measures both engines alternately and takes the best result of each: other work on the machine can only slow them down. */
async function compareSpeeds(name: BackendName, options: BackendOptions, seconds: number) {
  const best = { tensorflow: 0, wasm: 0 };
  for (let turn = 0; turn < 2; turn++) {
    await useBackend(name, options);
    best.tensorflow = Math.max(best.tensorflow, await measureTraining(seconds));
    await useBackend('wasm', { v8Flags: options.v8Flags });
    best.wasm = Math.max(best.wasm, await measureTraining(seconds));
  }
  return best;
}

async function lossesOfTraining(): Promise<number[]> {
  const autoencoder = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 8 });
  await autoencoder.initialize({ seed: 1 });
  const losses: number[] = [];
  await autoencoder.train(noise(8, 16), {
    ...{ recipe: 'plain', epochs: 2, batchSize: 4, optimizer: { name: 'sgd', learningRate: 0.1, momentum: 0.9 } },
    onStep: ({ loss }) => losses.push(loss),
  });
  autoencoder.dispose();
  return losses;
}

/** The first steps compile code and fill caches. */
const warmUpSteps = 2;

/** Trains the mirror network on noise with the active backend for a few seconds; returns images per second. */
export async function measureTraining(
  seconds: number,
  { batchSize = 32 }: { batchSize?: number } = {},
): Promise<number> {
  const network = new Autoencoder();
  await network.initialize();
  const stop = new AbortController();
  const points: { images: number; elapsedMs: number }[] = [];
  const onStep = ({ step, images, elapsedMs }: { step: number; images: number; elapsedMs: number }) => {
    if (step < warmUpSteps) return;
    points.push({ images, elapsedMs });
    if (points.length > 1 && elapsedMs - points[0].elapsedMs >= seconds * 1000) stop.abort();
  };
  try {
    await network.train(noise(8 * batchSize, 64), { epochs: 1_000_000, batchSize, signal: stop.signal, onStep });
  } catch (error) {
    if (!(error instanceof AutoencoderError && error.code === 'ABORTED')) throw error;
  } finally {
    network.dispose();
  }
  const [first, last] = [points[0], points[points.length - 1]];
  return ((last.images - first.images) / (last.elapsedMs - first.elapsedMs)) * 1000;
}

function noise(count: number, size: number): Sample[] {
  const random = new Random(1);
  return Array.from({ length: count }, () => ({
    ...{ channels: 3, height: size, width: size },
    data: Uint8Array.from({ length: 3 * size * size }, () => random.uint32() >>> 24),
  }));
}
