/** Batches of pixels from a database: shuffled, sharded, prepared ahead, with a position that can be saved. */
import { BatchBuilder, type BatchJob, type BuiltBatch } from './batch-builder';
import type { BatchPosition, CheckedBatchOptions } from './batch-options';
import type { BatchSetup } from './batch-worker';
import { type EpochOrder, epochOrder, shardRange } from './epoch-order';
import type { RecordReader } from './record-reader';
import type { Damage } from './salvage';
import { WorkerPool } from './worker-pool';

export interface Batch extends BuiltBatch {
  /** Records in it; the rows behind are padding. */
  size: number;
  epoch: number;
  /** Where a later run goes on behind this batch. */
  position: BatchPosition;
}

interface Planned {
  job: BatchJob;
  position: BatchPosition;
}

/** Makes the batches of planned jobs: on this thread, or on others. */
export interface BatchMaker {
  build(job: BatchJob): Promise<BuiltBatch>;
  close(): void | Promise<void>;
}

/**
 * An async iterator over batches.
 *
 *     for await (const { data, shape, labels } of reader.batches({ batchSize: 32, shuffle: 1 })) ...
 */
export class BatchStream implements AsyncIterableIterator<Batch> {
  private readonly options: CheckedBatchOptions;
  private readonly plans: Generator<Planned, void, undefined>;
  private readonly ahead: { planned: Planned; built: Promise<BuiltBatch> }[] = [];
  private done = false;
  private place: BatchPosition;

  /** Use `reader.batches()`. */
  constructor(
    private readonly maker: BatchMaker,
    records: number,
    options: CheckedBatchOptions,
  ) {
    this.options = options;
    this.place = options.position;
    this.plans = planBatches(records, options);
  }

  /** Where a later run goes on behind the last batch that was given out. */
  get position(): BatchPosition {
    return this.place;
  }

  async next(): Promise<IteratorResult<Batch, undefined>> {
    if (this.done) return { done: true, value: undefined };
    try {
      this.options.signal?.throwIfAborted();
      this.fill(1);
      const next = this.ahead.shift();
      if (!next) return await this.return();
      const { job, position } = next.planned;
      const built = await next.built;
      this.options.signal?.throwIfAborted();
      this.place = position;
      if (built.indices.length === 0) return await this.next();
      // Later, so that work for the batches ahead doesn't hold up this one.
      setImmediate(() => this.fill(this.options.prefetch));
      const value = { ...built, size: built.indices.length, epoch: job.epoch, position };
      return { done: false, value };
    } catch (error) {
      await this.return();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<Batch, undefined>> {
    this.done = true;
    await Promise.allSettled(this.ahead.map(({ built }) => built));
    this.ahead.length = 0;
    await this.maker.close();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Starts batches until `count` are under way. */
  private fill(count: number): void {
    while (!this.done && this.ahead.length < count) {
      const { value: planned } = this.plans.next();
      if (!planned) return;
      const built = this.maker.build(planned.job);
      // Awaited by next(); until then a failure is not unhandled.
      built.catch(() => undefined);
      this.ahead.push({ planned, built });
    }
  }
}

/** Opens a stream that works on this thread. */
export function streamHere(
  records: RecordReader,
  options: CheckedBatchOptions,
  onDamage?: (damage: Damage) => void,
): BatchStream {
  const builder = new BatchBuilder(records, options, onDamage);
  const maker: BatchMaker = { build: (job) => builder.build(job), close: () => undefined };
  return new BatchStream(maker, records.length, options);
}

/** Opens a stream that works on other threads. Batches that are to be reused stay in the workers' memory, which is shared. */
export function streamFromWorkers(
  setup: Omit<BatchSetup, 'options'>,
  records: number,
  options: CheckedBatchOptions,
  onDamage: (damage: Damage) => void,
): BatchStream {
  const { signal, ...sendable } = options;
  const prefetch = Math.max(options.prefetch, options.workers);
  const pool = new WorkerPool<BatchJob, { built: BuiltBatch; damage: Damage[] }>(
    new URL('./batch-worker.cjs', import.meta.url),
    options.workers,
    { ...setup, options: { ...sendable, prefetch } } satisfies BatchSetup,
  );
  const maker: BatchMaker = {
    async build(job) {
      const { built, damage } = await pool.run(job);
      damage.forEach(onDamage);
      return built;
    },
    close: () => pool.close(),
  };
  return new BatchStream(maker, records, { ...options, prefetch });
}

/** Cuts epochs into jobs. */
function* planBatches(records: number, options: CheckedBatchOptions): Generator<Planned, void, undefined> {
  const { batchSize, shuffle, shard, epochs, dropLast = false, padLast = false } = options;
  const { start, end } = shardRange(records, shard);
  const usable = dropLast ? Math.floor((end - start) / batchSize) * batchSize : end - start;
  if (usable === 0) return;
  let { epoch, record } = options.position;
  for (let slot = 0; epoch < epochs; epoch++, record = 0) {
    let order: EpochOrder | undefined;
    for (; record < usable; slot++) {
      order ??= epochOrder(records, shuffle, epoch, shard);
      const size = Math.min(batchSize, usable - record);
      const indices = Float64Array.from({ length: size }, (_, i) => (order as EpochOrder).at(record + i));
      const next = record + size;
      const place = next >= usable ? { epoch: epoch + 1, record: 0 } : { epoch, record: next };
      yield {
        job: { epoch, indices, rows: padLast ? batchSize : size, slot },
        position: { ...place, shuffle, shard, records },
      };
      record = next;
    }
  }
}
