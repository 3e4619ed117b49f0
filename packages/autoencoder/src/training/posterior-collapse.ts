import { measureSizes } from '../network/masks';
import type { Network } from '../network/network';
import type { EpochSummary, TrainingWarning } from './training-events';

/**
 * Returns a warning for a variational network if most of its code says nothing about the images, because the decoder has learned to ignore
 * it (posterior collapse; Bowman et al., 2016).
 */
export function collapseWarning(
  { epoch, divergence, activeNumbers }: EpochSummary,
  network: Network,
): TrainingWarning | undefined {
  const { codeNumbers } = measureSizes(network);
  if (divergence === undefined || activeNumbers === undefined || activeNumbers >= codeNumbers / 2) return undefined;
  const most = codeNumbers - activeNumbers;
  const state = `After epoch ${epoch}, ${most} of the code's ${codeNumbers} numbers carry no information about the images (less than 0.01 nats each)`;
  const todo =
    'lower beta, increase it gradually (betaWarmUpFraction), allow each number some free nats (freeBits), or choose a smaller code';
  return { code: 'POSTERIOR_COLLAPSE', message: `${state}; ${todo}.`, state };
}
