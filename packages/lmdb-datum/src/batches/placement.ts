import type { Size } from '@ae/images';
import { MixedSizesError } from '../errors/errors';
import type { CheckedBatchOptions } from './options';
import type { Placement } from './pack-pixels';
import type { PackPlan } from './pack-plan';
import { Random } from './random';

/** Returns which part of record `i` is used, and whether it is mirrored. */
export function placeOf(
  source: Size,
  i: number,
  epoch: number,
  { crop, mirror = false, shuffle }: CheckedBatchOptions,
): Placement {
  const spareRows = crop ? source.height - crop.height : 0;
  const spareColumns = crop ? source.width - crop.width : 0;
  if (!mirror && !crop?.random) return { top: spareRows >> 1, left: spareColumns >> 1, mirror: false };
  // By record, not by position: the same for every batch size, shard and number of workers.
  const random = new Random(shuffle === false ? 0 : shuffle, epoch, i);
  return {
    top: crop?.random ? random.below(spareRows + 1) : spareRows >> 1,
    left: crop?.random ? random.below(spareColumns + 1) : spareColumns >> 1,
    mirror: mirror && random.below(2) === 1,
  };
}

/** True if a record has the size of the others, or at least the size that is cut out. */
export function hasSize({ height, width }: Size, plan: PackPlan, crop: CheckedBatchOptions['crop']): boolean {
  return crop ? height >= plan.height && width >= plan.width : height === plan.height && width === plan.width;
}

/** Checks that a record has the same size as the others. `keyOf` names it. @throws MixedSizesError */
export function assertFits(
  source: Size & { channels: number },
  plan: PackPlan,
  crop: CheckedBatchOptions['crop'],
  keyOf: () => string,
): void {
  const fits = hasSize(source, plan, crop);
  const { meanPlanes } = plan;
  const fitsMean = !meanPlanes || (source.height === meanPlanes.height && source.width === meanPlanes.width);
  if (fits && fitsMean && source.channels === plan.channels) return;
  const key = keyOf();
  const { height, width } = meanPlanes ?? plan;
  const model = meanPlanes ? ' like the mean' : crop ? ' at least' : ', like the first record read';
  const channels = source.channels !== plan.channels && 'channels to 1 or 3';
  const resize = !(fits && fitsMean) && `resize, for example to { height: ${height}, width: ${width} }`;
  throw new MixedSizesError(
    {
      where: `key ${key}`,
      expected: `${plan.channels}x${height}x${width}${model}`,
      received: `${source.channels}x${source.height}x${source.width}`,
      todo: `set ${[channels, resize].filter(Boolean).join(', and ')}`,
    },
    { key },
  );
}
