import type { Autoencoder, ImageShape } from '@ae/autoencoder';
import { assertShape, formatSize } from '../data/image-sizes';
import type { SampleDatabase } from '../data/sample-database';
import { loadNetwork } from '../network/load-network';
import { CliError, sentenceOf } from '../shell/cli-error';
import type { ImageSize } from '../shell/options';
import type { Terminal } from '../shell/terminal';
import type { NewNetwork, TrainingSettings } from './training-settings';

/** Builds the network with its initial weights, or loads the one that training starts from; throws if the images do not fit it. */
export async function createNetwork(
  { crop, trainPath }: TrainingSettings,
  source: NewNetwork,
  samples: SampleDatabase,
  terminal: Terminal,
): Promise<Autoencoder> {
  if (!('from' in source)) {
    const { Autoencoder } = await import('@ae/autoencoder');
    const network = new Autoencoder(source.architecture);
    await initialize(network, source.initialization, trainPath, samples);
    return network;
  }
  const inputShape = inputShapeOf(samples, crop);
  const network = await loadNetwork(source.from, terminal);
  const advice = `change them with ae resize, or take a crop of each with --crop ${network.inputShape.slice(0, 2).join('x')}`;
  const taken = { path: samples.path, shape: inputShape, isMixed: !crop && samples.isMixed };
  assertShape(taken, network.inputShape, `the network of ${source.from.model}`, advice);
  return network;
}

/** Adds to what was said of a new network what its images tell: their shape, and how many coefficients preset transform should look at. */
export async function fitToImages(
  { crop }: TrainingSettings,
  source: NewNetwork,
  samples: SampleDatabase,
): Promise<NewNetwork> {
  if ('from' in source) return source;
  const architecture = { ...source.architecture, inputShape: inputShapeOf(samples, crop) };
  if (architecture.preset !== 'transform' || architecture.coefficients !== undefined)
    return { ...source, architecture };
  const { centerCrop, coefficientsFor } = await import('@ae/autoencoder');
  const images = crop ? centerCrop(samples, architecture.inputShape) : samples;
  const coefficients = await coefficientsFor(images, architecture);
  return { ...source, architecture: { ...architecture, coefficients } };
}

/** Returns the part of each image that the network sees: all of it, or a crop. */
export function inputShapeOf({ shape: [height, width, channels] }: SampleDatabase, crop?: ImageSize): ImageShape {
  return crop ? [crop.height, crop.width, channels] : [height, width, channels];
}

/** Computes the initial weights; if the network cannot take images of this size, the error says whose size it is. */
async function initialize(
  network: Autoencoder,
  initialization: Parameters<Autoencoder['initialize']>[0],
  trainPath: string,
  { shape: [height, width, channels] }: SampleDatabase,
): Promise<void> {
  try {
    await network.initialize(initialization);
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    if (code !== 'SHAPE_MISMATCH') throw cause;
    const size = formatSize({ channels, height, width });
    throw new CliError(
      code,
      `${trainPath}: the network cannot take images of ${size} (channels x height x width), the size of the first one; ` +
        `ae inspect lists their sizes and ae resize changes them (${sentenceOf(cause).replace(/\.$/, '')}).`,
      { cause },
    );
  }
}
