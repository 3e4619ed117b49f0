import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import type { PixelFormat } from '../data/pixels';
import { Random } from '../data/random';
import { initializeAsProjection } from './initialization-projection';
import { initializeAsTorch } from './initialization-torch';
import type { InitializationScheme } from './options';

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
 * same.
 */
export function initializeWeights(model: LayersModel, { seed, scheme, pixels, isOwn }: InitializationOptions): void {
  schemes[scheme](model, new Random(seed), isOwn, pixels);
}
