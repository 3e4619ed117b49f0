/** Entry of the worker threads that make batches. */

import { KeyIndex, type KeyIndexArrays } from '../lmdb/key-index';
import { PageFile } from '../lmdb/page-file';
import type { Damage } from '../lmdb/salvage';
import { namedFormat } from '../schemas/record-format';
import { serve } from '../threads/worker-port';
import { BatchBuilder, type BatchJob } from './builder';
import type { CheckedBatchOptions } from './options';
import { RecordReader } from './record-reader';

/** What a worker receives when it is started. */
export interface BatchSetup {
  path: string;
  lenient: boolean;
  index: KeyIndexArrays;
  options: CheckedBatchOptions;
  meta: Uint8Array;
  /** Its name, with the variant. */
  schema: string;
}

serve(({ path, lenient, index, options, meta, schema }: BatchSetup) => {
  // The same snapshot, although a writer may have committed another one since.
  const file = new PageFile(path, { lenient, snapshot: meta });
  const records = new RecordReader(file, KeyIndex.of(index), namedFormat(schema));
  const damage: Damage[] = [];
  const builder = new BatchBuilder(records, options, lenient ? (found) => damage.push(found) : undefined);
  return async (job: BatchJob) => {
    const built = await builder.build(job);
    const { buffer } = built.data;
    return { response: { built, damage: damage.splice(0) }, transfer: buffer instanceof ArrayBuffer ? [buffer] : [] };
  };
});
