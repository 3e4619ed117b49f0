import * as tf from '@tensorflow/tfjs-core';
import { Breather } from '../data/event-loop';
import { samplesToTensor, valuesToSamples } from '../data/pixels';
import { Random } from '../data/random';
import { checkSample, checkSource, fetchSamples, type Sample, type SampleSource } from '../data/samples';
import { AutoencoderError, checkKeys, checkNumber, invalidOption } from '../errors/errors';
import { fixedMasks, usualMasks } from '../network/masks';
import type { Network } from '../network/network';
import { variationalCodeOf } from '../network/variational-code';
import { CodeMixture } from './mixture';

/** How many images `sample` draws, and from which codes. */
export interface SampleImagesOptions {
  /** Number of images to make. Default 8. */
  readonly count?: number;
  /** Seed of the random codes. Default 0. */
  readonly seed?: number;
  /**
   * Draw codes from a mixture of Gaussians fitted to the codes of these images, such as those that the network was trained on. Default:
   * from the standard normal distribution, which the codes of a variational network are trained to have; other networks have no default.
   */
  readonly codesOf?: SampleSource;
  /** Number of Gaussians in the mixture. Default: one per 30 images, at most 64. */
  readonly components?: number;
  /**
   * The image whose masks the decoder gets; 'fixed': every maximum in the top left of its window; 'nearest': those of the image in
   * `codesOf` with the nearest code. Default: 'nearest' for a network trained with the images' own masks, 'fixed' for a variational one.
   */
  readonly masks?: 'fixed' | 'nearest' | Sample;
  /** Stops the work, which then throws ABORTED. */
  readonly signal?: AbortSignal;
}

/** Maximum number of images whose codes a mixture is fitted to. */
const mostImages = 4096;
/** Maximum number of values in all their codes: 128 MB as float32. */
const mostNumbers = 2 ** 25;
const batchSize = 64;

const optionKeys = ['count', 'seed', 'codesOf', 'components', 'masks', 'signal'];

/** Decodes random codes; see `Autoencoder.sample`. */
export async function sampleImages(network: Network, options: SampleImagesOptions = {}): Promise<Sample<Uint8Array>[]> {
  checkKeys('sample', options, optionKeys);
  const { count = 8, seed = 0, codesOf, components, signal } = options;
  checkNumber('count', count, { min: 1, integer: true });
  checkNumber('seed', seed, { integer: true });
  if (components !== undefined) checkNumber('components', components, { min: 1, max: 256, integer: true });
  const hasOwn = network.encoder.outputs.length > 1 && usualMasks(network) === 'own';
  const masks = options.masks ?? (codesOf && hasOwn ? 'nearest' : 'fixed');
  if (masks === 'nearest' && !codesOf)
    throw invalidOption('masks', "'fixed' or an image where there is no codesOf", masks);
  const random = new Random(seed);
  const { inputShape, pixels } = network;
  if (!codesOf) return decodeAll(random.normals(count * codeSizeOf(network)), () => masks as 'fixed' | Sample);
  checkSource('sample, codesOf', codesOf);
  const pause = pauseFor(signal);
  const known = await encodeSome(network, codesOf, random, pause);
  const usual = Math.min(64, Math.max(1, Math.floor(known.count / 30)));
  const mixture = await CodeMixture.fit(known, random, { components: components ?? usual, pause });
  const codes = mixture.draw(count, random);
  if (masks !== 'nearest') return decodeAll(codes, () => masks);
  const size = known.size;
  return decodeAll(codes, (i) => codesOf.at(known.indices[nearestTo(codes.subarray(i * size, (i + 1) * size), known)]));

  /** Decodes a batch at a time, each code with the masks of an image. */
  async function decodeAll(
    codes: ArrayLike<number>,
    masksFor: (i: number) => 'fixed' | Sample | undefined | Promise<Sample | undefined>,
  ): Promise<Sample<Uint8Array>[]> {
    const made: Sample<Uint8Array>[] = [];
    const size = codes.length / count;
    const values = Float32Array.from(codes);
    while (made.length < count) {
      const [from, to] = [made.length, Math.min(count, made.length + batchSize)];
      const owners: ('fixed' | Sample | undefined)[] = [];
      for (let i = from; i < to; i++) owners.push(await masksFor(i));
      const output = tf.tidy(() => {
        const batch = tf.tensor2d(values.subarray(from * size, to * size), [to - from, size]);
        return network.decode(batch, masksOf(owners));
      });
      const bytes = valuesToSamples(await output.data(), inputShape, pixels);
      output.dispose();
      made.push(...bytes);
    }
    return made;
  }

  function masksOf(owners: readonly ('fixed' | Sample | undefined)[]): tf.Tensor4D[] {
    if (owners[0] === 'fixed') return fixedMasks(network, owners.length);
    const images = owners.map((owner) => checkSample(owner as Sample | undefined, 0, inputShape));
    return network.encode(samplesToTensor(images, inputShape, pixels)).masks;
  }
}

/** Returns the number of values to draw for a network whose codes have a distribution; throws INVALID_OPTION for others. */
function codeSizeOf({ encoder }: Network): number {
  const [{ shape }] = encoder.outputs;
  if (variationalCodeOf(encoder)) return tf.util.sizeFromShape(shape.slice(1) as number[]);
  throw new AutoencoderError(
    'INVALID_OPTION',
    'sample: only the codes of a variational autoencoder have a distribution to draw from; pass images to fit one to ' +
      '(codesOf), or create a network with { variational: true }.',
  );
}

interface KnownCodes {
  readonly values: Float32Array;
  readonly count: number;
  readonly size: number;
  /** The index of each code's image in its source. */
  readonly indices: Uint32Array;
}

/** The codes of randomly chosen images of a source. */
async function encodeSome(
  network: Network,
  source: SampleSource,
  random: Random,
  pause: () => Promise<void>,
): Promise<KnownCodes> {
  const { inputShape, pixels } = network;
  if (source.length < 2) {
    throw new AutoencoderError('INVALID_SAMPLE', `codesOf: expected at least two images, received ${source.length}.`);
  }
  const [height, width] = network.size;
  const size = network.codeShape([height, width]).reduce((product, each) => product * each, 1);
  const most = Math.max(2, Math.min(mostImages, Math.floor(mostNumbers / size)));
  const indices = random.permutation(source.length).slice(0, most);
  const values = new Float32Array(indices.length * size);
  for (let at = 0; at < indices.length; at += batchSize) {
    const samples = await fetchSamples(source, indices.subarray(at, at + batchSize), inputShape);
    const code = tf.tidy(() => network.encode(samplesToTensor(samples, inputShape, pixels)).code);
    values.set((await code.data()) as Float32Array, at * size);
    code.dispose();
    await pause();
  }
  return { values, count: indices.length, size, indices };
}

function nearestTo(code: Float32Array, { values, count, size }: KnownCodes): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (let i = 0; i < count; i++) {
    let squares = 0;
    for (let j = 0; j < size && squares < least; j++) squares += (code[j] - values[i * size + j]) ** 2;
    if (squares < least) [best, least] = [i, squares];
  }
  return best;
}

function pauseFor(signal?: AbortSignal): () => Promise<void> {
  const breather = new Breather();
  return async () => {
    await breather.breathe();
    if (signal?.aborted) throw new AutoencoderError('ABORTED', 'sample: aborted.', { cause: signal.reason });
  };
}
