/** Samples in the batches that a network processes. */
import type { Shard } from '@ae/ground/shards';
import { Breather } from '../data/event-loop';
import { fetchSamples, type ImageShape, type Sample, type SampleSource, shapeOf } from '../data/samples';
import { type SampleRange, shardOfSamples } from '../data/shards';
import type { Network } from './network';

/** Returns the number of images that make about as much work as 64 images of 64x64. */
export function defaultBatchSize([height, width, channels]: ImageShape): number {
  return Math.max(1, Math.min(64, Math.floor((64 * 64 * 64 * 3) / (height * width * channels))));
}

/** Returns the samples of a shard: whole batches, so that each sample is computed with the same neighbors as in a single process. */
export function rangeOf(
  { inputShape }: Network,
  { length }: SampleSource,
  batchSize = defaultBatchSize(inputShape),
  shard?: Shard,
): SampleRange {
  return shardOfSamples(length, batchSize, shard);
}

/**
 * Yields samples in order, in batches of equal size. For a network that takes only one size, they have `batchSize` samples; for one that
 * takes any size, at most that, and fewer if images are large.
 */
export async function* networkBatches(
  network: Network,
  source: SampleSource,
  batchSize?: number,
  range: SampleRange = { start: 0, end: source.length },
): AsyncGenerator<Sample[]> {
  const { inputShape, blocks } = network;
  const fetch = (indices: number[]) => network.fetchSamples(source, indices);
  if (!blocks) {
    yield* batchesOf(range, () => batchSize ?? defaultBatchSize(inputShape), fetch);
    return;
  }
  const most = (shape: ImageShape) => batchSize ?? defaultBatchSize(shape);
  // The size of images is known only once some have been seen.
  let room = 1;
  const see = (samples: readonly Sample[]) => {
    room = Math.min(2 * room, ...samples.map((sample) => defaultBatchSize(shapeOf(sample))));
    return samples;
  };
  const fetchAndSee = async (indices: number[]) => see(await fetch(indices)) as Sample[];
  for await (const samples of batchesOf(range, () => Math.min(room, most(inputShape)), fetchAndSee))
    yield* ofOneSize(samples, most);
}

/** Yields samples of one size in order, `batchSize` at a time. */
export function sampleBatches(source: SampleSource, batchSize: number, shape: ImageShape): AsyncGenerator<Sample[]> {
  return batchesOf(
    { start: 0, end: source.length },
    () => batchSize,
    (indices) => fetchSamples(source, indices, shape),
  );
}

/** Yields the results of `fetch`, fetching the next ones while the caller works on these. Lets signals run in between. */
async function* batchesOf(
  { start: first, end }: SampleRange,
  sizeNow: () => number,
  fetch: (indices: number[]) => Promise<Sample[]>,
): AsyncGenerator<Sample[]> {
  let next = first;
  const fetchNext = () => {
    const start = next;
    next = Math.min(end, start + sizeNow());
    const pending = fetch(Array.from({ length: next - start }, (_, i) => start + i));
    // Whoever awaits it gets the error; until then it must not count as unhandled.
    pending.catch(() => {});
    return pending;
  };
  const breather = new Breather();
  let pending = next < end ? fetchNext() : undefined;
  while (pending) {
    await breather.breathe();
    const samples = await pending;
    pending = next < end ? fetchNext() : undefined;
    yield samples;
  }
}

/** Splits samples where their size changes, and after `most` of the same shape. */
export function ofOneSize(
  samples: readonly Sample[],
  most = (_shape: ImageShape) => Number.POSITIVE_INFINITY,
): Sample[][] {
  const groups: Sample[][] = [];
  for (const sample of samples) {
    const group = groups.at(-1);
    const isAlike = group && String(shapeOf(group[0])) === String(shapeOf(sample));
    if (isAlike && group.length < most(shapeOf(sample))) group.push(sample);
    else groups.push([sample]);
  }
  return groups;
}
