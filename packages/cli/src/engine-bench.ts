import type { BackendStatus, Sample } from '@ae/autoencoder';
import type { Terminal } from './terminal';

/** How fast an engine trains, or why nobody measured. */
export interface EngineSpeed {
  readonly name: string;
  readonly imagesPerSecond?: number;
  readonly reason?: string;
}

const size = 64;
const batchSize = 32;
/** The first steps compile and fill caches. */
const warmUpSteps = 2;

/** Trains the mirror network on noise with each engine that loads here, one after the other. */
export async function benchEngines(
  backends: readonly BackendStatus[],
  options: { readonly threads?: number | 'auto'; readonly seconds: number },
  terminal: Terminal,
): Promise<EngineSpeed[]> {
  const speeds: EngineSpeed[] = [];
  for (const { name, available } of backends) {
    if (!available) continue;
    if (name === 'cpu') {
      speeds.push({ name, reason: 'it is a reference, hundreds of times slower' });
      continue;
    }
    terminal.status(`training with ${name} ...`);
    speeds.push({ name, imagesPerSecond: await measure(name, options) });
  }
  terminal.status('');
  return speeds;
}

async function measure(
  name: BackendStatus['name'],
  { threads, seconds }: { readonly threads?: number | 'auto'; readonly seconds: number },
): Promise<number> {
  const { Autoencoder, useBackend } = await import('@ae/autoencoder');
  await useBackend(name, { threads });
  const network = new Autoencoder({ inputShape: [size, size, 3] });
  await network.initialize();
  const stop = new AbortController();
  const points: { images: number; elapsedMs: number }[] = [];
  const onStep = ({ step, images, elapsedMs }: { step: number; images: number; elapsedMs: number }) => {
    if (step < warmUpSteps) return;
    points.push({ images, elapsedMs });
    if (points.length > 1 && elapsedMs - points[0].elapsedMs >= seconds * 1000) stop.abort();
  };
  try {
    await network.train(noise(8 * batchSize), { epochs: 1_000_000, batchSize, signal: stop.signal, onStep });
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ABORTED') throw error;
  } finally {
    network.dispose();
  }
  const [first, last] = [points[0], points[points.length - 1]];
  return ((last.images - first.images) / (last.elapsedMs - first.elapsedMs)) * 1000;
}

/** Pixels by a linear congruential generator: the same everywhere, and no two images alike. */
function noise(count: number): Sample[] {
  let state = 1;
  return Array.from({ length: count }, () => {
    const data = new Uint8Array(3 * size * size);
    for (let i = 0; i < data.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      data[i] = state >>> 24;
    }
    return { channels: 3, height: size, width: size, data };
  });
}
