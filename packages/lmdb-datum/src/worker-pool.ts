/** Runs requests on worker_threads of this package's own worker file. */
import { Worker } from 'node:worker_threads';
import * as errors from './errors';
import { kernelModules } from './image-kernels';

/** What a worker sends back. */
export type WorkerReply<Response> = { id: number } & ({ response: Response } | { error: PlainError });

/** An error as it can be sent between threads, which keeps neither its class nor its fields. */
export interface PlainError {
  name: string;
  message: string;
  stack?: string;
  path?: string;
  key?: string;
  page?: number;
}

interface Member {
  worker: Worker;
  waiting: Map<number, { resolve: (response: never) => void; reject: (error: unknown) => void }>;
}

export class WorkerPool<Request, Response> {
  private readonly members: Member[];
  private nextId = 0;

  /** @param setup Given to each worker as its workerData. */
  constructor(size: number, setup: object) {
    this.members = Array.from({ length: size }, () => this.start(setup));
  }

  /** Runs a request on the worker with the fewest under way. */
  run(request: Request): Promise<Response> {
    const member = this.members.reduce((least, other) => (other.waiting.size < least.waiting.size ? other : least));
    const id = this.nextId++;
    return new Promise<Response>((resolve, reject) => {
      member.waiting.set(id, { resolve, reject });
      // A worker keeps the process alive only while something waits for it.
      member.worker.ref();
      member.worker.postMessage({ id, request });
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.members.map(({ worker }) => worker.terminate()));
  }

  private start(setup: object): Member {
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: { setup, modules: kernelModules() },
    });
    const member: Member = { worker, waiting: new Map() };
    const failAll = (error: unknown) => {
      for (const { reject } of member.waiting.values()) reject(error);
      member.waiting.clear();
    };
    worker.unref();
    worker.on('message', (reply: WorkerReply<never>) => {
      const waiting = member.waiting.get(reply.id);
      member.waiting.delete(reply.id);
      if (member.waiting.size === 0) worker.unref();
      if ('error' in reply) waiting?.reject(reviveError(reply.error));
      else waiting?.resolve(reply.response);
    });
    worker.on('error', failAll);
    worker.on('exit', () =>
      failAll(new errors.ClosedError('worker: expected it to run, received its end; open again.')),
    );
    return member;
  }
}

/** The fields of an error that are worth sending. */
export function plainError(error: unknown): PlainError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack } = error;
  const where = error instanceof errors.LmdbDatumError ? { path: error.path, key: error.key, page: error.page } : {};
  return { name, message, stack, ...where };
}

function reviveError({ name, message, stack, path, key, page }: PlainError): Error {
  const revived = (errors as unknown as Record<string, typeof errors.LmdbDatumError | undefined>)[name];
  if (!revived) return Object.assign(new Error(message), { name, stack });
  // The constructor puts the package's name in front.
  return Object.assign(new revived(message.replace(/^\[lmdb-datum\] /, ''), { path, key, page }), { stack });
}
