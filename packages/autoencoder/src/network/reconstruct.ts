/** Reconstructions with the requested masks and rounding. */
import * as tf from '@tensorflow/tfjs-core';
import { samplesToTensor, valuesToSamples } from '../data/pixels';
import { checkSource, fetchSamples, type Sample, type SampleSource, shapeOf } from '../data/samples';
import { AutoencoderError, checkChoice, checkKeys } from '../errors/errors';
import { fixedMasks, type MaskMode, maskModes, usualMasks } from './masks';
import type { Network } from './network';
import { ofOneSize } from './network-batches';
import { roundCodes } from './quantize';

/** Reconstructs samples as bytes, with consecutive ones of the same size in one batch; see `Autoencoder.reconstruct`. */
export async function reconstructSamples(
  network: Network,
  samples: readonly Sample[],
  options: { masks?: MaskMode } = {},
): Promise<Sample<Uint8Array>[]> {
  checkSource('reconstruct', samples);
  checkKeys('reconstruct', options, ['masks']);
  checkMaskMode('reconstruct', samples, options.masks);
  const { masks = usualMasks(network) } = options;
  const { pixels } = network;
  for (const [i, sample] of samples.entries()) network.checkSample(sample, i);
  const made: Sample<Uint8Array>[] = [];
  for (const alike of ofOneSize(samples)) {
    const shape = shapeOf(alike[0]);
    const images = samplesToTensor(alike, shape, pixels);
    const output = await reconstructorFor(network, samples, masks, 32)(images, made.length);
    const values = await output.data();
    tf.dispose([images, output]);
    made.push(...valuesToSamples(values, shape, pixels));
  }
  return made;
}

/** Throws INVALID_OPTION for an unknown kind of masks, INVALID_SAMPLE if there is no other image to take them from. */
export function checkMaskMode(where: string, samples: SampleSource, masks: MaskMode = 'own'): void {
  checkChoice('masks', masks, maskModes);
  if (masks !== 'other' || samples.length !== 1) return;
  throw new AutoencoderError(
    'INVALID_SAMPLE',
    `${where}: expected at least two samples to swap masks between images, received one.`,
  );
}

/** Makes reconstructions `[N, H, W, C]` of images that start at `start` in their source; it owns neither. */
export type Reconstruct = (images: tf.Tensor4D, start: number) => Promise<tf.Tensor4D> | tf.Tensor4D;

/** Returns the function that reconstructs images of `samples` with a kind of masks, and `codeBits` bits per number of the code. */
export function reconstructorFor(
  network: Network,
  samples: SampleSource,
  mode: MaskMode,
  codeBits: number,
): Reconstruct {
  const { inputShape, pixels } = network;
  const hasMasks = network.encoder.outputs.length > 1;
  if ((mode === 'own' || !hasMasks) && codeBits === 32) return (images) => network.forward(images);
  const masksFor: Record<MaskMode, (count: number, start: number) => Promise<tf.Tensor4D[]> | undefined> = {
    own: () => undefined,
    fixed: async (count) => fixedMasks(network, count),
    other: async (count, start) => {
      const shift = Math.floor(samples.length / 2);
      const indices = Array.from({ length: count }, (_, i) => (start + i + shift) % samples.length);
      const others = await fetchSamples(samples, indices, inputShape);
      return tf.tidy(() => network.encode(samplesToTensor(others, inputShape, pixels)).masks);
    },
  };
  return async (images, start) => {
    const others = hasMasks ? await masksFor[mode](images.shape[0], start) : undefined;
    const { code, masks } = network.encode(images);
    const rounded = await roundCodes(code, codeBits, { indexEvery: network.zonalCode?.numbers });
    const output = network.decode(rounded, others ?? masks, [images.shape[1], images.shape[2]]);
    tf.dispose([code, rounded, masks, others ?? []]);
    return output;
  };
}
