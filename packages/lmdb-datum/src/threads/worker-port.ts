/** A worker thread's side of a `WorkerPool`. */
import { parentPort } from 'node:worker_threads';
import { type KernelModule, useBudget, useKernelModule } from '@ae/images/threads';
import * as errors from '../errors/errors';

/** What a worker sends back. */
export type WorkerReply<Response> = { id: number } & ({ response: Response } | { error: PlainError });

/** An error in a form that can be sent between threads, which preserve neither its class nor its fields. */
export interface PlainError extends errors.ErrorParts, Omit<errors.ErrorWhere, 'cause'> {
  name: string;
  message: string;
  stack?: string;
  sentence?: string;
}

/** Handles a request, and returns the response with the memory to transfer. */
export type Handler<Request> = (request: Request) => Promise<{ response: unknown; transfer: ArrayBuffer[] }>;

/** The first message to a worker: what the threads share, and the setup of its pool. */
interface First<Setup> {
  module?: KernelModule;
  budget: SharedArrayBuffer;
  setup: Setup;
}

/** Handles the requests that this thread receives after its first message. */
export function serve<Setup, Request>(start: (setup: Setup) => Handler<Request>): void {
  let handler: Handler<Request> | undefined;
  const reply = async (setup: Setup, { id, request }: { id: number; request: Request }): Promise<void> => {
    try {
      handler ??= start(setup);
      const { response, transfer } = await handler(request);
      parentPort?.postMessage({ id, response }, transfer);
    } catch (error) {
      parentPort?.postMessage({ id, error: plainError(error) });
    }
  };
  parentPort?.once('message', ({ module, budget, setup }: First<Setup>) => {
    useKernelModule(module);
    useBudget(budget);
    parentPort?.on('message', (message) => reply(setup, message));
  });
}

/** The fields of an error that are worth sending. */
function plainError(error: unknown): PlainError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack } = error;
  // This package's own fields contain only strings and numbers.
  return { name, message, stack, ...(error instanceof errors.LmdbDatumError && { ...error }) };
}
