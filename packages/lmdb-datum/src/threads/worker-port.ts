/** A worker thread's side of a `WorkerPool`. */
import { parentPort } from 'node:worker_threads';
import { type KernelModule, useBudget, useKernelModule } from '@ae/images/threads';
import * as errors from '../errors/errors';

/** What a worker sends back. */
export type WorkerReply<Response> = { id: number } & ({ response: Response } | { error: PlainError });

/** An error as it can be sent between threads, which keeps neither its class nor its fields. */
export interface PlainError extends errors.ErrorParts, Omit<errors.ErrorWhere, 'cause'> {
  name: string;
  message: string;
  stack?: string;
  sentence?: string;
}

/** Handles a request, and names the memory that goes with the response. */
export type Handler<Request> = (request: Request) => Promise<{ response: unknown; transfer: ArrayBuffer[] }>;

/** The first message to a worker: what the threads share, and what its pool gives it. */
interface First<Setup> {
  module?: KernelModule;
  budget: SharedArrayBuffer;
  setup: Setup;
}

/** Handles the requests that this thread gets after its first message. */
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
  // What is this package's own holds strings and numbers alone.
  return { name, message, stack, ...(error instanceof errors.LmdbDatumError && { ...error }) };
}
