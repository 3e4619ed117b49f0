/** Worker threads that are started before it is known what they work on: each takes as long to start as hundreds of small images. */
import { SHARE_ENV, Worker } from 'node:worker_threads';

/** Workers by their file, and when each of them runs. */
const ahead = new Map<string, Map<Worker, Promise<void>>>();

/** Starts so many workers for the next pools of this file. Resolves when all of them run. */
export async function startAhead(file: URL, count: number): Promise<void> {
  const workers = ahead.get(file.href) ?? new Map<Worker, Promise<void>>();
  ahead.set(file.href, workers);
  while (workers.size < count) {
    const worker = startWorker(file);
    const forget = () => workers.delete(worker);
    worker.once('error', forget).once('exit', forget);
    // Until then, it keeps the process alive for whoever awaits that.
    worker.once('online', () => workers.has(worker) && worker.unref());
    const running = new Promise<void>((resolve) => worker.once('online', resolve).once('exit', () => resolve()));
    workers.set(worker, running);
  }
  await Promise.all(workers.values());
}

/** Returns a worker that was started ahead, or a new one: it waits for its first message, and doesn't keep the process alive. */
export function takeWorker(file: URL): Worker {
  const workers = ahead.get(file.href);
  const [worker = startWorker(file)] = workers?.keys() ?? [];
  workers?.delete(worker);
  worker.unref();
  return worker;
}

function startWorker(file: URL): Worker {
  // Workers need no environment, of which they would get a copy each.
  return new Worker(file, { env: SHARE_ENV });
}
