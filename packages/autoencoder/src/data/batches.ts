import type { Sample, SampleSource } from './samples';

export interface BatchOptions {
  /** The indices to visit, in order. */
  readonly order: ArrayLike<number>;
  /** Position in `order` to start from. Default 0. */
  readonly start?: number;
  /** Samples per batch; the last one contains the rest. */
  readonly batchSize: number;
  /** Returns the sample, or throws INVALID_SAMPLE. */
  readonly check: (sample: Sample | undefined, index: number) => Sample;
  /** Number of batches fetched in advance while the caller works on one. Default 2. */
  readonly ahead?: number;
}

/**
 * Yields samples in order, as bytes. `reader.batches()` of @ae/lmdb-datum is another pipeline, for programs with their own training loop:
 * it decodes a database directly into packed floats. Training here takes samples from any source, in an order and with augmentation
 * determined by its own seed, and can continue from any position, so it requests samples one by one. The next batches are fetched while the
 * caller works on one, so that a source that reads or decodes on other threads does so meanwhile.
 */
export async function* batches(source: SampleSource, options: BatchOptions): AsyncGenerator<Sample[]> {
  const { order, start = 0, batchSize, check, ahead = 2 } = options;
  const pending: Promise<Sample[]>[] = [];
  let next = start;
  const fetchMore = () => {
    while (pending.length <= ahead && next < order.length) {
      const indices = Array.from({ length: Math.min(batchSize, order.length - next) }, (_, i) => order[next + i]);
      const batch = fetchBatch(source, indices, check);
      // Whoever awaits it gets the error; until then it must not count as unhandled.
      batch.catch(() => {});
      pending.push(batch);
      next += batchSize;
    }
  };
  fetchMore();
  while (pending.length > 0) {
    const batch = await pending.shift()!;
    fetchMore();
    yield batch;
  }
}

async function fetchBatch(source: SampleSource, indices: number[], check: BatchOptions['check']): Promise<Sample[]> {
  const samples = await Promise.all(indices.map((index) => source.at(index)));
  return samples.map((sample, i) => check(sample, indices[i]));
}
