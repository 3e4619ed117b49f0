import * as tf from '@tensorflow/tfjs-core';
import { samplesToTensor, valuesToSamples } from '../data/pixels';
import { Random } from '../data/random';
import { checkSample, type Sample } from '../data/samples';
import { AutoencoderError, checkKeys, checkNumber } from '../errors';
import { fixedMasks } from '../network/masks';
import type { Network } from '../network/network';
import { VariationalCode } from '../network/variational-code';

export interface SampleImagesOptions {
  /** How many images to make. Default 8. */
  readonly count?: number;
  /** Determines the codes. Default 0. */
  readonly seed?: number;
  /** The image whose masks the decoder gets; 'fixed', the default: every maximum top left in its window. */
  readonly masks?: 'fixed' | Sample;
}

/**
 * Decodes codes drawn from the standard normal distribution, to which training has drawn those of a variational
 * autoencoder; see `Autoencoder.sample`.
 */
export async function sampleImages(network: Network, options: SampleImagesOptions = {}): Promise<Sample<Uint8Array>[]> {
  const { inputShape, pixels } = network;
  checkKeys('sample', options, ['count', 'seed', 'masks']);
  const { count = 8, seed = 0, masks = 'fixed' } = options;
  checkNumber('count', count, { min: 1, integer: true });
  checkNumber('seed', seed, { integer: true });
  const layer = network.encoder.outputs[0].sourceLayer;
  if (!(layer instanceof VariationalCode)) {
    throw new AutoencoderError(
      'INVALID_OPTION',
      'sample: only a variational autoencoder has codes with a distribution to draw from; make one with { variational: true }.',
    );
  }
  const output = tf.tidy(() => {
    const codes = tf.tensor2d(new Random(seed).normals(count * layer.units), [count, layer.units]);
    const maskTensors = masks === 'fixed' ? fixedMasks(network, count) : masksOf(masks);
    return network.decode(codes, maskTensors);
  });
  const values = await output.data();
  output.dispose();
  return valuesToSamples(values, inputShape, pixels);

  function masksOf(sample: Sample): tf.Tensor4D[] {
    const image = samplesToTensor([checkSample(sample, 0, inputShape)], inputShape, pixels);
    return network.encode(image).masks.map((mask) => tf.tile(mask, [count, 1, 1, 1]));
  }
}
