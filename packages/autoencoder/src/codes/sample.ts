import * as tf from '@tensorflow/tfjs-core';
import { samplesToTensor, valuesToSamples } from '../data/pixels';
import { Random } from '../data/random';
import { checkSample, type Sample } from '../data/samples';
import { AutoencoderError, checkKeys, checkNumber } from '../errors';
import { type Coder, fixedMasks } from '../network/masks';
import type { TrainableModel } from '../network/network';
import { VariationalCode } from '../network/variational';

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
export async function sampleImages(
  { encoder, decoder, inputShape, pixels }: TrainableModel & Coder,
  options: SampleImagesOptions = {},
): Promise<Sample<Uint8Array>[]> {
  checkKeys('sample', options, ['count', 'seed', 'masks']);
  const { count = 8, seed = 0, masks = 'fixed' } = options;
  checkNumber('count', count, { min: 1, integer: true });
  checkNumber('seed', seed, { integer: true });
  const layer = encoder.outputs[0].sourceLayer;
  if (!(layer instanceof VariationalCode)) {
    throw new AutoencoderError(
      'INVALID_OPTION',
      'sample: expected a variational autoencoder, whose codes have a distribution to draw from; make one with { variational: true }.',
    );
  }
  const output = tf.tidy(() => {
    const codes = tf.tensor2d(new Random(seed).normals(count * layer.units), [count, layer.units]);
    const maskTensors = masks === 'fixed' ? fixedMasks({ encoder, decoder }, count) : masksOf(masks);
    return decoder.apply(maskTensors.length === 0 ? codes : [codes, ...maskTensors]) as tf.Tensor4D;
  });
  const values = await output.data();
  output.dispose();
  return valuesToSamples(values, inputShape, pixels);

  function masksOf(sample: Sample): tf.Tensor[] {
    const image = samplesToTensor([checkSample(sample, 0, inputShape)], inputShape, pixels);
    const [, ...own] = [encoder.apply(image)].flat() as tf.Tensor[];
    return own.map((mask) => tf.tile(mask, [count, ...mask.shape.slice(1).map(() => 1)]));
  }
}
