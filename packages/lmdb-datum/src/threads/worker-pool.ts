/** Runs requests on worker_threads with one of this package's own worker files. */
import type { Worker } from 'node:worker_threads';
import { kernelModule, newBudget } from '@ae/images/threads';
import * as errors from '../errors/errors';
import type { PlainError, WorkerReply } from './worker-port';
import { takeWorker } from './workers-ahead';

interface Member {
  worker: Worker;
  waiting: Map<number, { resolve: (response: never) => void; reject: (error: unknown) => void }>;
  /** Why it no longer runs. */
  end?: unknown;
}

export class WorkerPool<Request, Response> {
  readonly #members: Member[];
  /** A worker that is stopped does not return what it took, so each pool has its own. */
  readonly #budget = newBudget();
  #nextId = 0;

  /**
   * @param file The worker file.
   * @param setup Passed to each worker before its first request.
   */
  constructor(file: URL, size: number, setup: object) {
    this.#members = Array.from({ length: size }, () => this.#start(file, setup));
  }

  /** Returns the index of the worker with the fewest requests in progress, of those that `mayBe` accepts. */
  leastBusy(mayBe: (worker: number) => boolean = () => true): number {
    let least = -1;
    for (const [i, { waiting }] of this.#members.entries()) {
      if (mayBe(i) && (least < 0 || waiting.size < this.#members[least].waiting.size)) least = i;
    }
    return least;
  }

  /** Runs a request on the least busy worker, or on this one. */
  run(request: Request, worker = this.leastBusy()): Promise<Response> {
    const member = this.#members[worker];
    // It would never reply.
    if (member.end !== undefined) return Promise.reject(member.end);
    const id = this.#nextId++;
    return new Promise<Response>((resolve, reject) => {
      member.waiting.set(id, { resolve, reject });
      // A worker keeps the process alive only while something waits for it.
      member.worker.ref();
      member.worker.postMessage({ id, request });
    });
  }

  async close(): Promise<void> {
    // A late reply must not unref a worker whose end is awaited.
    await Promise.all(this.#members.map(({ worker }) => worker.removeAllListeners('message').terminate()));
  }

  #start(file: URL, setup: object): Member {
    const worker = takeWorker(file);
    // Kernels are compiled while the thread starts.
    worker.postMessage({ module: kernelModule(), budget: this.#budget, setup });
    const member: Member = { worker, waiting: new Map() };
    const failAll = (error: unknown) => {
      member.end ??= error;
      for (const { reject } of member.waiting.values()) reject(error);
      member.waiting.clear();
    };
    worker.on('message', (reply: WorkerReply<never>) => {
      const waiting = member.waiting.get(reply.id);
      member.waiting.delete(reply.id);
      if (member.waiting.size === 0) worker.unref();
      if ('error' in reply) waiting?.reject(reviveError(reply.error));
      else waiting?.resolve(reply.response);
    });
    worker.on('error', failAll);
    worker.on('exit', () => failAll(new errors.ClosedError('A worker thread has ended; open the database again.')));
    return member;
  }
}

function reviveError({ name, message, stack, sentence = message, ...parts }: PlainError): Error {
  const revived = (errors as unknown as Record<string, typeof errors.LmdbDatumError | undefined>)[name];
  if (!revived) return Object.assign(new Error(message), { name, stack });
  return Object.assign(new revived(sentence, parts), { stack });
}
