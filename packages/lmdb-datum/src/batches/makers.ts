/** Makes the batches of a stream, on this thread or on others. Loads @ae/images, which nothing before the first batch needs. */
import type { Damage } from '../lmdb/salvage';
import { WorkerPool } from '../threads/worker-pool';
import { batchWorker } from './batch-worker-file';
import { BatchBuilder, type BatchJob, type BuiltBatch } from './builder';
import type { CheckedBatchOptions } from './options';
import type { RecordReader } from './record-reader';
import type { BatchMaker } from './stream';
import type { BatchSetup } from './worker';

/** Makes batches on this thread. */
export function makeHere(
  records: RecordReader,
  options: CheckedBatchOptions,
  onDamage?: (damage: Damage) => void,
): BatchMaker {
  const builder = new BatchBuilder(records, options, onDamage);
  return { build: (job) => builder.build(job), close: () => undefined };
}

/** Makes batches on other threads. Those whose memory is reused stay in the workers' memory, which is shared. */
export function makeInWorkers(
  setup: Omit<BatchSetup, 'options'>,
  { signal, ...options }: CheckedBatchOptions,
  onDamage: (damage: Damage) => void,
): BatchMaker {
  const { prefetch, workers } = options;
  // Enough for all batches that are in preparation or in use, together.
  const slots = Math.ceil((prefetch + 1) / workers);
  const memories = Array.from({ length: workers }, () => new SlotRing(slots));
  const pool = new WorkerPool<BatchJob, { built: BuiltBatch; damage: Damage[] }>(batchWorker, workers, {
    ...setup,
    options: { ...options, prefetch: slots - 1 },
  } satisfies BatchSetup);
  return {
    async build(job) {
      // A batch is no longer in use once so many others have been requested after it.
      const worker = pool.leastBusy((i) => memories[i].nextHolds < job.slot - prefetch);
      const { built, damage } = await pool.run({ ...job, slot: memories[worker].take(job.slot) }, worker);
      damage.forEach(onDamage);
      return built;
    },
    close: () => pool.close(),
  };
}

/** Which batches a worker's memory holds. */
class SlotRing {
  readonly #held: number[];
  #next = 0;

  constructor(slots: number) {
    this.#held = Array<number>(slots).fill(Number.NEGATIVE_INFINITY);
  }

  /** The batch that the next one would overwrite. */
  get nextHolds(): number {
    return this.#held[this.#next];
  }

  /** Returns the slot for a batch. */
  take(batch: number): number {
    const slot = this.#next;
    this.#held[slot] = batch;
    this.#next = (slot + 1) % this.#held.length;
    return slot;
  }
}
