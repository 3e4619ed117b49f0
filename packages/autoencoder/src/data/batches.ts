import type { Sample, SampleSource } from './samples';

export interface BatchOptions {
  /** The indices to visit, in order. */
  readonly order: ArrayLike<number>;
  /** Where in `order` to begin. Default 0. */
  readonly start?: number;
  /** Samples per batch; the last one holds what is left. */
  readonly batchSize: number;
  /** Returns the sample, or throws INVALID_SAMPLE. */
  readonly check: (sample: Sample | undefined, index: number) => Sample;
  /** Batches being fetched while the caller works on one. Default 2. */
  readonly ahead?: number;
}

/**
 * Yields samples in order, as the bytes they are. `reader.batches()` of @ae/lmdb-datum is another pipeline, for programs that train by
 * themselves: it packs floats out of a database, beside the decoder. A training here takes samples of any source, in an order and with
 * augmentation of its own seed, and goes on from any place in it, so it asks for them one by one.
 *
 * The next batches are being fetched while the caller works on one, so
 * that a source which reads or decodes on other threads does so in the meantime.
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
