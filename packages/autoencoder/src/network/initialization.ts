import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import type { PixelFormat } from '../data/pixels';
import { Random } from '../data/random';
import { AutoencoderError } from '../errors/errors';
import { initializeAsProjection } from './initialization-projection';
import { initializeAsTorch } from './initialization-torch';
import type { InitializationScheme } from './options';
import { drawBranches } from './transform/branches';
import { cosineCode, linearPartOf, setLinearCode } from './transform/linear-code';

type Scheme = (
  model: LayersModel,
  random: Random,
  isOwn: (layer: layers.Layer) => boolean,
  pixels: PixelFormat,
) => void;

const schemes: Record<InitializationScheme, Scheme> = {
  projection: initializeAsProjection,
  torch: initializeAsTorch,
  linear: (model, random, isOwn, pixels) => {
    setLinearCode(model, cosineCode(model, pixels));
    drawBranches(model, random, isOwn);
  },
};

export interface InitializationOptions {
  readonly seed: number;
  readonly scheme: InitializationScheme;
  readonly pixels: PixelFormat;
  /** Determines which layers keep their weights. */
  readonly isOwn: (layer: layers.Layer) => boolean;
}

/**
 * Draws the kernels and biases of convolutions and linear layers from `seed` alone, so that every backend starts from the same weights.
 * Throws INVALID_OPTION for a scheme that does not suit the network.
 */
export function initializeWeights(model: LayersModel, { seed, scheme, pixels, isOwn }: InitializationOptions): void {
  const isLinear = linearPartOf(model) !== undefined;
  if (isLinear !== (scheme === 'linear')) {
    const reason = isLinear
      ? `preset transform starts from a linear code and has no scheme "${scheme}"; leave it out`
      : 'only preset transform starts from a linear code; choose another scheme';
    throw new AutoencoderError('INVALID_OPTION', `initialization.scheme: ${reason}.`, {
      where: 'initialization.scheme',
    });
  }
  schemes[scheme](model, new Random(seed), isOwn, pixels);
}
