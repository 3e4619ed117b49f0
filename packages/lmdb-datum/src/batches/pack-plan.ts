/** What all records of a batch share: size, layout, channel order, mean and scale. */
import type { Size } from '@ae/images';
import { isColored } from '../datum/colors';
import { InvalidOptionError } from '../errors/errors';
import type { CheckedBatchOptions, MeanPlanes } from './options';

/** How records are converted to rows of a batch. */
export interface PackPlan {
  layout: 'NHWC' | 'NCHW';
  channelOrder: 'rgb' | 'bgr';
  channels: number;
  /** Size after cropping. */
  height: number;
  width: number;
  /** Per channel, colors in `channelOrder`; zeros if there is none. Ignored for uint8 batches, like the following. */
  channelMeans: Float32Array;
  meanPlanes?: MeanPlanes;
  scale: number;
}

/** Makes the plan for records like this one. @throws InvalidOptionError if the mean does not fit them */
export function packPlanFor(
  { channels, height, width }: Size & { channels: number },
  { layout, channelOrder, scale, mean, crop }: CheckedBatchOptions,
): PackPlan {
  const size = crop ?? { height, width };
  return {
    layout,
    channelOrder,
    channels,
    height: size.height,
    width: size.width,
    scale: Math.fround(scale),
    ...checkMean(mean, channels, height, width, channelOrder),
  };
}

function checkMean(
  mean: CheckedBatchOptions['mean'],
  channels: number,
  height: number,
  width: number,
  order: 'rgb' | 'bgr',
): Pick<PackPlan, 'channelMeans' | 'meanPlanes'> {
  const channelMeans = new Float32Array(Math.max(channels, 3));
  const refuse = (expected: string, received: string): never => {
    throw new InvalidOptionError({
      where: 'mean',
      expected,
      received,
      todo: 'compute one for these records',
    });
  };
  if (typeof mean === 'number') return { channelMeans: channelMeans.fill(mean) };
  if (mean === undefined) return { channelMeans };
  if ('data' in mean) {
    const received = `${mean.channels}x${mean.height}x${mean.width}`;
    const expected = `${channels}x${height}x${width}`;
    if (received !== expected) refuse(`a mean image of ${expected}`, received);
    return { channelMeans, meanPlanes: mean };
  }
  if (mean.length !== channels) {
    const names = order === 'rgb' ? 'red, green, blue' : 'blue, green, red';
    const words = isColored({ channels, height, width }, false)
      ? `in the order of channelOrder (${names})`
      : 'as stored';
    refuse(`${channels} ${channels === 1 ? 'number' : `numbers, ${words}`}`, `${mean.length}`);
  }
  channelMeans.set(mean);
  return { channelMeans };
}
