/** The file of the worker threads that make batches, without what they do: so they can start first. */
export const batchWorker = new URL('./batch-worker.cjs', import.meta.url);
