/** Makes the batches of a stream, on this thread or on others. Loads @ae/images, which nothing before the first batch needs. */
import type { Damage } from '../lmdb/salvage';
import { WorkerPool } from '../threads/worker-pool';
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
  const pool = new WorkerPool<BatchJob, { built: BuiltBatch; damage: Damage[] }>(
    new URL('./batch-worker.cjs', import.meta.url),
    options.workers,
    { ...setup, options } satisfies BatchSetup,
  );
  return {
    async build(job) {
      const { built, damage } = await pool.run(job);
      damage.forEach(onDamage);
      return built;
    },
    close: () => pool.close(),
  };
}
