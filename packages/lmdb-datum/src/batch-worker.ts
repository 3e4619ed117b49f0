/** Entry of the worker threads that make batches. */
import { BatchBuilder, type BatchJob } from './batch-builder';
import type { CheckedBatchOptions } from './batch-options';
import { KeyIndex, type KeyIndexArrays } from './key-index';
import { PageFile } from './page-file';
import { RecordReader } from './record-reader';
import type { Damage } from './salvage';
import { serve } from './worker-port';

/** What such a worker gets when it is started. */
export interface BatchSetup {
  path: string;
  lenient: boolean;
  index: KeyIndexArrays;
  options: CheckedBatchOptions;
  meta: Uint8Array;
}

serve(({ path, lenient, index, options, meta }: BatchSetup) => {
  // The same snapshot, though a writer may have committed another one since.
  const file = new PageFile(path, { lenient, snapshot: meta });
  const records = new RecordReader(file, KeyIndex.of(index));
  const damage: Damage[] = [];
  const builder = new BatchBuilder(records, options, lenient ? (found) => damage.push(found) : undefined);
  return async (job: BatchJob) => {
    const built = await builder.build(job);
    const { buffer } = built.data;
    return { response: { built, damage: damage.splice(0) }, transfer: buffer instanceof ArrayBuffer ? [buffer] : [] };
  };
});
