import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import type { PixelFormat } from '../data/pixels';
import { Random } from '../data/random';
import { AutoencoderError, inWords } from '../errors';
import { initializeAsProjection } from './initialization-projection';
import { initializeAsTorch } from './initialization-torch';

/**
 * How the first weights are drawn: `projection` (the default) makes a network that already reconstructs a blurred image,
 * which initialization-projection.ts explains; `torch` is Torch7's uniform draw, with which the original began.
 */
export type InitializationScheme = 'projection' | 'torch';

type Scheme = (
  model: LayersModel,
  random: Random,
  isOwn: (layer: layers.Layer) => boolean,
  pixels: PixelFormat,
) => void;

const schemes: Record<InitializationScheme, Scheme> = {
  projection: initializeAsProjection,
  torch: initializeAsTorch,
};

export interface InitializationOptions {
  readonly seed: number;
  readonly scheme: InitializationScheme;
  readonly pixels: PixelFormat;
  /** Says which layers keep the weights that they have. */
  readonly isOwn: (layer: layers.Layer) => boolean;
}

/**
 * Draws the kernels and biases of convolutions and linear layers from `seed` alone, so that every backend starts from the
 * same; throws INVALID_OPTION for an unknown scheme.
 */
export function initializeWeights(model: LayersModel, { seed, scheme, pixels, isOwn }: InitializationOptions): void {
  schemes[scheme](model, new Random(seed), isOwn, pixels);
}

/** Throws INVALID_OPTION for an unknown scheme. */
export function checkScheme(scheme: InitializationScheme): void {
  if (Object.hasOwn(schemes, scheme)) return;
  const known = Object.keys(schemes).join(', ');
  throw new AutoencoderError('INVALID_OPTION', `scheme: expected one of ${known}, received ${inWords(scheme)}.`);
}
