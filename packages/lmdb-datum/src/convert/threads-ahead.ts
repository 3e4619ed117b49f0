/** The worker threads of imports, without what they do: so they can start first. */
import os from 'node:os';
import { startAhead } from '../threads/workers-ahead';

export const convertWorker = new URL('./convert-worker.cjs', import.meta.url);

/** The calling thread converts, too. */
export function defaultWorkers(): number {
  return os.availableParallelism() - 1;
}

/**
 * Starts the threads of the next `convertImageset` that doesn't choose how many, while a program still gets ready for it. Resolves when they
 * run, which need not be awaited.
 */
export function startConvertThreads(): Promise<void> {
  return startAhead(convertWorker, defaultWorkers());
}
