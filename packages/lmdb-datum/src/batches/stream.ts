/** Batches of pixels from a database: shuffled, sharded, prepared in advance, with a position that can be saved. */

import { refuse } from '../errors/checks';
import type { BatchJob, BuiltBatch } from './builder';
import { batchRange, cutsEpoch, type EpochOrder, epochOrder, epochRange, partSize } from './epoch-order';
import type { BatchData, BatchDtype, BatchPosition, CheckedBatchOptions } from './options';

/** A batch of images: interleaved or planar values, their shape, and their labels and keys. */
export interface Batch<Dtype extends BatchDtype = BatchDtype> extends BuiltBatch {
  /** Its values, `[N, H, W, C]` or `[N, C, H, W]`. */
  data: BatchData<Dtype>;
  /** Number of records in it; rows after them are padding. */
  size: number;
  epoch: number;
  /** Where a later run continues after this batch. */
  position: BatchPosition;
}

interface Planned {
  job: BatchJob;
  position: BatchPosition;
}

/** Makes the batches of planned jobs, on this thread or on others. */
export interface BatchMaker {
  build(job: BatchJob): Promise<BuiltBatch>;
  close(): void | Promise<void>;
}

const endOfStream: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * An async iterator over batches.
 *
 *     for await (const { data, shape, labels } of reader.batches({ batchSize: 32, shuffle: 1 })) ...
 *
 * `next()` may be called again before it has resolved: results come in the order of the calls. Closing the reader ends the stream: waiting
 * and later calls throw a ClosedError, so that an incomplete epoch is not taken for a complete one.
 */
export class BatchStream<Dtype extends BatchDtype = BatchDtype> implements AsyncIterableIterator<Batch<Dtype>> {
  readonly #options: CheckedBatchOptions<Dtype>;
  readonly #plans: Generator<Planned, void, undefined>;
  readonly #ahead: { planned: Planned; built: Promise<BuiltBatch> }[] = [];
  #place: BatchPosition;
  /** The last call's result, which the next one waits for. */
  #turn: Promise<unknown> = Promise.resolve();
  #calls = 0;
  #done = false;
  /** The error, and which calls had been made by then: they all reject with it, and later ones find the stream at its end. */
  #failure?: { error: unknown; calls: number };
  #closed?: Error;
  #ending?: Promise<void>;

  readonly #maker: BatchMaker;

  private constructor(maker: BatchMaker, records: number, options: CheckedBatchOptions<Dtype>) {
    if (!(options?.position && records >= 0))
      refuse('new BatchStream', 'a plan of batches', options, 'call reader.batches()');
    this.#maker = maker;
    this.#options = options;
    this.#place = options.position;
    this.#plans = planBatches(records, options);
  }

  /** @internal Use `reader.batches()`. */
  static of<Dtype extends BatchDtype>(
    maker: BatchMaker,
    records: number,
    options: CheckedBatchOptions<Dtype>,
  ): BatchStream<Dtype> {
    return new BatchStream(maker, records, options);
  }

  /** Where a later run continues after the last batch that was returned. */
  get position(): BatchPosition {
    return this.#place;
  }

  /** True once there are no more batches. */
  get isOver(): boolean {
    return this.#done;
  }

  /** Returns the next batch. */
  next(): Promise<IteratorResult<Batch<Dtype>, undefined>> {
    const call = this.#calls++;
    const answer = this.#turn.then(() => this.#advance(call));
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  /** Ends the stream and its threads; waiting calls of `next()` end with `done`. */
  async return(): Promise<IteratorResult<Batch<Dtype>, undefined>> {
    await this.#end();
    return endOfStream;
  }

  /** Ends the stream like `return`, and rejects with the error. */
  async throw(error?: unknown): Promise<IteratorResult<Batch<Dtype>, undefined>> {
    await this.#end();
    throw error;
  }

  /** @internal Ends the stream because its reader is closed: from now on `next()` rejects with the error. */
  close(error: Error): void {
    if (this.#done) return;
    this.#closed = error;
    // What it waits for is cut off on purpose.
    this.#end().catch(() => undefined);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #advance(call: number): Promise<IteratorResult<Batch<Dtype>, undefined>> {
    if (this.#closed) throw this.#closed;
    if (this.#failure && call < this.#failure.calls) throw this.#failure.error;
    try {
      while (!this.#done) {
        this.#options.signal?.throwIfAborted();
        this.#fill(this.#options.workers === 0 ? 1 : this.#options.prefetch);
        const next = this.#ahead.shift();
        if (!next) break;
        const batch = await this.#finish(next.planned, await next.built);
        if (batch) return { done: false, value: batch };
      }
    } catch (error) {
      await this.#fail(error);
    }
    if (this.#closed) throw this.#closed;
    await this.#end();
    return endOfStream;
  }

  /** Makes a batch from what was built, unless nothing of it is left or the stream has ended in the meantime. */
  async #finish({ job, position }: Planned, built: BuiltBatch): Promise<Batch<Dtype> | undefined> {
    if (this.#done) return undefined;
    this.#options.signal?.throwIfAborted();
    this.#place = position;
    if (built.indices.length === 0 && !this.#keepsStep) return undefined;
    // Later, so that preparing the next batches does not delay this one.
    setImmediate(() => this.#fill(this.#options.prefetch));
    // The maker uses the same options.
    const data = built.data as BatchData<Dtype>;
    return { ...built, data, size: built.indices.length, epoch: job.epoch, position };
  }

  async #fail(error: unknown): Promise<void> {
    // Ending a thread on purpose is not a failure.
    if (this.#done) return;
    this.#failure = { error, calls: this.#calls };
    await this.#end();
    throw error;
  }

  #end(): Promise<void> {
    this.#done = true;
    this.#ending ??= (async () => {
      const building = this.#ahead.splice(0).map(({ built }) => built);
      await this.#maker.close();
      await Promise.allSettled(building);
    })();
    return this.#ending;
  }

  /** Other shards have records in a batch of which this one has none: all make equally many steps. */
  get #keepsStep(): boolean {
    const { shard } = this.#options;
    return shard.count > 1 && !cutsEpoch(shard);
  }

  /** Starts batches until `count` are in preparation. */
  #fill(count: number): void {
    while (!this.#done && this.#ahead.length < count) {
      const { value: planned } = this.#plans.next();
      if (!planned) return;
      const built = this.#maker.build(planned.job);
      // Awaited by next(); until then a failure is not unhandled.
      built.catch(() => undefined);
      this.#ahead.push({ planned, built });
    }
  }
}

/** Opens a stream whose batches are made by what `load` returns, which is loaded only when there are batches to make. */
export function openStream<Dtype extends BatchDtype>(
  load: () => Promise<BatchMaker>,
  records: number,
  options: CheckedBatchOptions<Dtype>,
): BatchStream<Dtype> {
  const loading = load();
  // Awaited by the first batch; until then a failure does not count as unhandled.
  loading.catch(() => undefined);
  const maker: BatchMaker = {
    build: async (job) => (await loading).build(job),
    close: async () => {
      const loaded = await loading.catch(() => undefined);
      await loaded?.close();
    },
  };
  return BatchStream.of(maker, records, options);
}

/** Divides epochs into jobs. */
function* planBatches(records: number, options: CheckedBatchOptions): Generator<Planned, void, undefined> {
  const { batchSize, shuffle, shard, epochs, dropLast = false, padLast = false } = options;
  const { start, end } = epochRange(records, shard);
  const usable = dropLast ? Math.floor((end - start) / batchSize) * batchSize : end - start;
  if (usable === 0) return;
  let { epoch, record } = options.position;
  let like: number | undefined;
  for (let slot = 0; epoch < epochs; epoch++, record = 0) {
    let order: EpochOrder | undefined;
    for (; record < usable; slot++) {
      order ??= epochOrder(records, shuffle, epoch, shard);
      like ??= order.at(record);
      const size = Math.min(batchSize, usable - record);
      const part = batchRange(size, shard);
      const indices = new Float64Array(part.end - part.start);
      for (let i = 0; i < indices.length; i++) indices[i] = order.at(record + part.start + i);
      const rows = padLast ? partSize(batchSize, shard) : indices.length;
      const next = record + size;
      const place = next >= usable ? { epoch: epoch + 1, record: 0 } : { epoch, record: next };
      yield {
        job: { epoch, indices, like, rows, slot },
        position: { ...place, shuffle, records, ...(cutsEpoch(shard) && { shard }) },
      };
      record = next;
    }
  }
}
