/** Entry of the worker threads: makes batches, or converts images. */
import { parentPort, workerData } from 'node:worker_threads';
import { BatchBuilder, type BatchJob } from './batch-builder';
import type { CheckedBatchOptions } from './batch-options';
import { convertImage } from './convert-image';
import { type ConvertRequest, toReply } from './convert-messages';
import type { ConvertPlan } from './convert-options';
import { useKernelModules } from './image-kernels';
import { KeyIndex, type KeyIndexArrays } from './key-index';
import { SharedMessages } from './message-buffer';
import { PageFile } from './page-file';
import { RecordReader } from './record-reader';
import type { Damage } from './salvage';
import { plainError } from './worker-pool';

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

/** What a worker thread gets when it is started. */
export interface WorkerData {
  setup: WorkerSetup;
  modules: WebAssembly.Module[] | undefined;
}

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
  return async ({ images, memory }: ConvertRequest) => {
    const messages = new SharedMessages(memory);
    const converted = await Promise.all(images.map((image) => convertImage(image, plan, messages.allocate)));
    return { response: converted.map((one) => toReply(one, memory)), transfer: messages.others };
  };
}

function start({ setup, modules }: WorkerData): Handler {
  useKernelModules(modules);
  return setup.role === 'batches' ? batchHandler(setup) : convertHandler(setup);
}

let handler: Handler | undefined;

parentPort?.on('message', async ({ id, request }: { id: number; request: never }) => {
  try {
    handler ??= start(workerData);
    const { response, transfer } = await handler(request);
    parentPort?.postMessage({ id, response }, transfer);
  } catch (error) {
    parentPort?.postMessage({ id, error: plainError(error) });
  }
});
