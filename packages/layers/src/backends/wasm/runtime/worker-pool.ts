import { workerSource } from '../assembly/dist/side-module';
import { WasmEngineError } from './errors';
import { CLOSED, CONTROL, CONTROL_WORDS, type SideKernel, SPINS, takePieces } from './job-control';
import { isNode } from './tfjs-binary';
import type { WorkerStart } from './worker';

/**
 * How long to wait for a worker after the caller has no work left: this time, plus patienceFactor times the time since the job was started.
 */
const leastPatienceMs = 10_000;
const patienceFactor = 50;

/** Chunks for each thread that are taken in smaller pieces at the end of a job. */
const lastChunks = 1;

/** How a pool is started. */
export interface PoolStart extends Omit<WorkerStart, 'control' | 'thread'> {
  /** Total number of threads, 1 for no workers. */
  threads: number;
  /** The kernels of the calling thread, in the order of kernelNames. */
  kernels: readonly SideKernel[];
  /** Minimum time to wait for a worker that has not come back. Default 10 seconds. */
  patienceMs?: number;
}

/** What the pool needs from a worker, in Node.js and in browsers. */
interface Thread {
  /** Ends the thread. */
  stop(): void;
}

/** The threads that share a job: the calling one, which always exists, and workers. */
export class WorkerPool {
  readonly #control: Int32Array;
  readonly #kernels: readonly SideKernel[];
  readonly #patienceMs: number;
  #threads: Thread[] = [];
  #failure: WasmEngineError | undefined;
  #isRunning = false;
  #startedMs = 0;

  private constructor(control: Int32Array, { kernels, patienceMs = leastPatienceMs }: PoolStart) {
    this.#control = control;
    this.#kernels = kernels;
    this.#patienceMs = patienceMs;
    control[CONTROL.OPEN] = CLOSED;
  }

  /**
   * Starts the workers and waits until they are ready.
   *
   * @throws WasmEngineError `WASM_WORKER_FAILED` if a worker does not start
   */
  static async start(options: PoolStart): Promise<WorkerPool> {
    const { threads, module, memory, kernelNames } = options;
    const bytes = 4 * CONTROL_WORDS;
    const buffer = threads > 1 ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
    const pool = new WorkerPool(new Int32Array(buffer), options);
    const start = { module, memory, kernelNames, control: buffer as SharedArrayBuffer };
    const starting = Array.from({ length: threads - 1 }, (_, index) =>
      startThread({ ...start, thread: index + 1 }, (reason) => pool.#fail(reason)),
    );
    pool.#threads = await Promise.all(starting);
    return pool;
  }

  /** Returns how many threads compute, including the calling one. */
  get threads(): number {
    return 1 + this.#threads.length;
  }

  /** Tells whether workers have been given a job that is not finished yet. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /**
   * Starts a job: workers begin, and this thread joins them in `finish`. Without workers, or for a job that cannot be shared, runs it to
   * its end. The job before it must be finished.
   *
   * @param chunk units taken at a time, until there are only a few chunks per thread left
   * @param last units taken at a time then
   * @throws WasmEngineError `WASM_WORKER_FAILED`
   */
  start(
    kernel: number,
    argumentBlock: number,
    units: number,
    chunk: number,
    last: number,
    scratch: number,
    scratchBytes: number,
  ): void {
    if (this.#failure) throw this.#failure;
    const control = this.#control;
    control[CONTROL.KERNEL] = kernel;
    control[CONTROL.ARGUMENTS] = argumentBlock;
    control[CONTROL.UNITS] = units;
    control[CONTROL.CHUNK] = chunk;
    control[CONTROL.CHUNKS] = Math.max(0, Math.floor(units / chunk) - lastChunks * this.threads);
    control[CONTROL.LAST] = last;
    control[CONTROL.SCRATCH] = scratch;
    control[CONTROL.SCRATCH_BYTES] = scratchBytes;
    Atomics.store(control, CONTROL.NEXT, 0);
    if (this.#threads.length > 0 && units > chunk) this.#publish();
    else takePieces(control, this.#kernels, 0);
  }

  /**
   * Works on the job that was started until it is done.
   *
   * @returns whether there was one
   * @throws WasmEngineError `WASM_WORKER_FAILED`
   */
  finish(): boolean {
    if (!this.#isRunning) return false;
    this.#isRunning = false;
    const control = this.#control;
    try {
      takePieces(control, this.#kernels, 0);
    } finally {
      Atomics.store(control, CONTROL.OPEN, CLOSED);
      this.#awaitWorkers(this.#patienceMs + patienceFactor * (performance.now() - this.#startedMs));
    }
    if (Atomics.load(control, CONTROL.FAILED) !== 0) throw this.#fail('a kernel stopped with an error');
    return true;
  }

  #publish(): void {
    this.#isRunning = true;
    this.#startedMs = performance.now();
    const control = this.#control;
    const sequence = (Atomics.load(control, CONTROL.SEQUENCE) + 1) & 0x7fffffff;
    Atomics.store(control, CONTROL.OPEN, sequence);
    Atomics.store(control, CONTROL.SEQUENCE, sequence);
    // Whoever goes to sleep after this check finds the new number first and stays awake.
    if (Atomics.load(control, CONTROL.SLEEPING) > 0) Atomics.notify(control, CONTROL.SEQUENCE);
  }

  /** Waits until no worker uses the job any more. A worker that died before it joined the job is not waited for. */
  #awaitWorkers(patienceMs: number): void {
    const control = this.#control;
    let deadline = 0;
    for (let spins = 0; ; spins++) {
      const active = Atomics.load(control, CONTROL.ACTIVE);
      if (active === 0) return;
      if (spins < SPINS) continue;
      deadline ||= performance.now() + patienceMs;
      if (performance.now() > deadline)
        throw this.#fail(`${active} of them did not respond within ${Math.round(patienceMs)} ms`);
      Atomics.store(control, CONTROL.CALLER_SLEEPS, 1);
      sleep(control, CONTROL.ACTIVE, active, 100);
      Atomics.store(control, CONTROL.CALLER_SLEEPS, 0);
    }
  }

  /** Ends the workers; the calling thread continues alone. */
  dispose(): void {
    Atomics.store(this.#control, CONTROL.QUIT, 1);
    Atomics.add(this.#control, CONTROL.SEQUENCE, 1);
    if (this.#threads.length > 0) Atomics.notify(this.#control, CONTROL.SEQUENCE);
    for (const thread of this.#threads.splice(0)) thread.stop();
  }

  #fail(reason: string): WasmEngineError {
    this.#failure ??= new WasmEngineError(
      'WASM_WORKER_FAILED',
      `wasm engine: its worker threads have failed: ${reason}. The tensors of this step are incomplete; restart the process (with \`threads: 1\` if it happens again).`,
    );
    for (const thread of this.#threads.splice(0)) thread.stop();
    return this.#failure;
  }
}

/** Sleeps until a word changes, if this thread may sleep: a browser's main thread may not. */
function sleep(control: Int32Array, word: number, value: number, timeoutMs: number): void {
  try {
    Atomics.wait(control, word, value, timeoutMs);
  } catch {
    // A browser's main thread goes on looking.
  }
}

function startThread(start: WorkerStart, onDeath: (reason: string) => void): Promise<Thread> {
  return isNode() ? startNodeThread(start, onDeath) : startBrowserThread(start, onDeath);
}

async function startNodeThread(start: WorkerStart, onDeath: (reason: string) => void): Promise<Thread> {
  const { Worker } = await import(/* webpackIgnore: true */ /* @vite-ignore */ 'node:worker_threads');
  return new Promise((resolve, reject) => {
    let stopped = false;
    const worker = new Worker(workerSource, {
      eval: true,
      workerData: start,
      execArgv: [],
      name: `ae-layers-${start.thread}`,
    });
    const died = (reason: string) => {
      if (stopped) return;
      onDeath(reason);
      reject(startFailure(reason));
    };
    worker.once('error', (error) => died(`worker ${start.thread} stopped with ${error}`));
    worker.once('exit', (code) => died(`worker ${start.thread} ended with exit code ${code}`));
    worker.once('message', () => {
      worker.unref(); // a process whose own work is done ends, workers or not
      resolve({
        stop() {
          stopped = true;
          void worker.terminate();
        },
      });
    });
  });
}

async function startBrowserThread(start: WorkerStart, onDeath: (reason: string) => void): Promise<Thread> {
  const address = URL.createObjectURL(new Blob([workerSource], { type: 'text/javascript' }));
  const worker = new Worker(address, { name: `ae-layers-${start.thread}` });
  return new Promise((resolve, reject) => {
    worker.onerror = (event) => {
      onDeath(`worker ${start.thread} stopped with ${event.message}`);
      reject(startFailure(event.message));
    };
    worker.onmessage = () => {
      URL.revokeObjectURL(address);
      resolve({ stop: () => worker.terminate() });
    };
    worker.postMessage(start);
  });
}

function startFailure(reason: string): WasmEngineError {
  return new WasmEngineError(
    'WASM_WORKER_FAILED',
    `initWasm: its worker threads did not start: ${reason}; pass \`threads: 1\` to run without them.`,
  );
}
