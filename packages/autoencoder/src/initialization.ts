import type { LayersModel } from '@tensorflow/tfjs-layers';
import { AutoencoderError, inWords } from './errors';
import { initializeAsProjection } from './initialization-projection';
import { initializeAsTorch } from './initialization-torch';
import type { PixelFormat } from './pixels';
import { Random } from './random';

/**
 * How the first weights are drawn: `projection` (the default) makes a network that already reconstructs a blurred image,
 * which initialization-projection.ts explains; `torch` is Torch7's uniform draw, with which the original began.
 */
export type InitializationScheme = 'projection' | 'torch';

const schemes: Record<InitializationScheme, (model: LayersModel, random: Random, pixels: PixelFormat) => void> = {
  projection: initializeAsProjection,
  torch: initializeAsTorch,
};

/** Draws all weights from `seed` alone, so that every backend starts from the same; throws INVALID_OPTION for an unknown scheme. */
export function initializeWeights(
  model: LayersModel,
  { seed, scheme, pixels }: { seed: number; scheme: InitializationScheme; pixels: PixelFormat },
): void {
  if (!Object.hasOwn(schemes, scheme)) {
    const known = Object.keys(schemes).join(', ');
    throw new AutoencoderError('INVALID_OPTION', `scheme: expected one of ${known}, received ${inWords(scheme)}.`);
  }
  schemes[scheme](model, new Random(seed), pixels);
}
