/** Entry of the worker threads: makes batches, or converts images. */
import { parentPort, workerData } from 'node:worker_threads';
import { BatchBuilder, type BatchJob } from './batch-builder.js';
import type { CheckedBatchOptions } from './batch-options.js';
import { type Converted, convertImage } from './convert-image.js';
import type { ConvertPlan } from './convert-options.js';
import type { ImageFile } from './image-list.js';
import { KeyIndex, type KeyIndexArrays } from './key-index.js';
import { PageFile } from './page-file.js';
import { RecordReader } from './record-reader.js';
import type { Damage } from './salvage.js';
import { plainError } from './worker-pool.js';

/** What a worker is started for. */
export type WorkerSetup =
  | {
      role: 'batches';
      path: string;
      lenient: boolean;
      index: KeyIndexArrays;
      options: CheckedBatchOptions;
      meta: Uint8Array;
    }
  | { role: 'convert'; plan: ConvertPlan };

type Handler = (request: never) => Promise<{ response: unknown; transfer: ArrayBuffer[] }>;

function batchHandler({ path, lenient, index, options, meta }: Extract<WorkerSetup, { role: 'batches' }>): Handler {
  const file = new PageFile(path, { lenient });
  file.assertSameSnapshot(meta);
  const records = new RecordReader(file, KeyIndex.of(index));
  const damage: Damage[] = [];
  const builder = new BatchBuilder(records, options, lenient ? (found) => damage.push(found) : undefined);
  return async (job: BatchJob) => {
    const built = await builder.build(job);
    const { buffer } = built.data;
    return { response: { built, damage: damage.splice(0) }, transfer: buffer instanceof ArrayBuffer ? [buffer] : [] };
  };
}

function convertHandler({ plan }: Extract<WorkerSetup, { role: 'convert' }>): Handler {
  return async (images: ImageFile[]) => {
    const response = await Promise.all(images.map((image) => convertImage(image, plan).then(inOwnMemory)));
    return {
      response,
      transfer: response.flatMap((reply) => ('value' in reply ? [reply.value.buffer as ArrayBuffer] : [])),
    };
  };
}

/** Small messages share a buffer of Node's, which must not be transferred. */
function inOwnMemory(converted: Converted): Converted {
  return 'value' in converted ? { ...converted, value: new Uint8Array(converted.value) } : converted;
}

let handler: Handler | undefined;

parentPort?.on('message', async ({ id, request }: { id: number; request: never }) => {
  try {
    const setup = workerData as WorkerSetup;
    handler ??= setup.role === 'batches' ? batchHandler(setup) : convertHandler(setup);
    const { response, transfer } = await handler(request);
    parentPort?.postMessage({ id, response }, transfer);
  } catch (error) {
    parentPort?.postMessage({ id, error: plainError(error) });
  }
});
