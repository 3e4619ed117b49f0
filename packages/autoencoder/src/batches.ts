import type * as tf from '@tensorflow/tfjs-core';
import { type PixelFormat, samplesToTensor } from './pixels';
import { fetchSamples, type ImageShape, type Sample, type SampleSource } from './samples';

export interface BatchOptions {
  readonly batchSize: number;
  readonly inputShape: ImageShape;
  readonly pixels: PixelFormat;
  /** The indices to visit, in order. Default all, from the first to the last. */
  readonly order?: ArrayLike<number>;
}

/**
 * Yields the samples as float32 tensors `[N, H, W, C]`, N = batchSize but for the last; the caller disposes of each.
 * The next batch is being fetched while the caller works on this one.
 */
export async function* batches(source: SampleSource, options: BatchOptions): AsyncGenerator<tf.Tensor4D> {
  const { batchSize, inputShape, pixels, order = Uint32Array.from({ length: source.length }, (_, i) => i) } = options;
  const fetchAt = (start: number): Promise<Sample[]> | undefined => {
    if (start >= order.length) return undefined;
    const end = Math.min(start + batchSize, order.length);
    const indices = Array.from({ length: end - start }, (_, i) => order[start + i]);
    const pending = fetchSamples(source, indices, inputShape);
    // Whoever awaits it gets the error; until then it must not count as unhandled.
    pending.catch(() => {});
    return pending;
  };
  let next = fetchAt(0);
  for (let start = 0; next; start += batchSize) {
    const samples = await next;
    next = fetchAt(start + batchSize);
    yield samplesToTensor(samples, inputShape, pixels);
  }
}
