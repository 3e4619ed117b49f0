/** Worker threads that are started before it is known what they work on: each takes as long to start as hundreds of small images. */
import { SHARE_ENV, Worker } from 'node:worker_threads';

const ahead = new Map<string, Set<Worker>>();

/** Starts so many workers for the next pools of this file. */
export function startAhead(file: URL, count: number): void {
  const workers = ahead.get(file.href) ?? new Set();
  ahead.set(file.href, workers);
  while (workers.size < count) {
    const worker = startWorker(file);
    const forget = () => workers.delete(worker);
    workers.add(worker.once('error', forget).once('exit', forget));
  }
}

/** Returns a worker that was started ahead, or a new one. */
export function takeWorker(file: URL): Worker {
  const workers = ahead.get(file.href);
  for (const worker of workers ?? []) {
    workers?.delete(worker);
    return worker;
  }
  return startWorker(file);
}

/** Starts a worker that waits for its first message, and doesn't keep the process alive. */
function startWorker(file: URL): Worker {
  // Workers need no environment, of which they would get a copy each.
  const worker = new Worker(file, { env: SHARE_ENV });
  worker.unref();
  return worker;
}
