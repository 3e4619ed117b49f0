/**
 * A worker thread: instantiates the side module on the shared memory and takes chunks of whichever job is open.
 *
 * Bundled into a string by assembly/build.mjs; runs in Node.js's worker_threads and in browsers' workers.
 */
import { CONTROL, type SideKernel, SPINS, takePieces } from './job-control';

/** What a worker receives when it is started. */
export interface WorkerStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  control: SharedArrayBuffer;
  /** Names of the kernels in the order of their numbers. */
  kernelNames: readonly string[];
  /** 1 for the first worker. */
  thread: number;
}

function work({ module, memory, control: buffer, kernelNames, thread }: WorkerStart, ready: () => void): void {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = kernelNames.map((name) => exports[name] as SideKernel);
  const control = new Int32Array(buffer);
  let seen = Atomics.load(control, CONTROL.SEQUENCE);
  ready();
  for (;;) {
    for (let spins = 0; Atomics.load(control, CONTROL.SEQUENCE) === seen; spins++) {
      if (spins < SPINS) continue;
      Atomics.add(control, CONTROL.SLEEPING, 1);
      Atomics.wait(control, CONTROL.SEQUENCE, seen);
      Atomics.sub(control, CONTROL.SLEEPING, 1);
    }
    seen = Atomics.load(control, CONTROL.SEQUENCE);
    if (Atomics.load(control, CONTROL.QUIT) !== 0) return;
    Atomics.add(control, CONTROL.ACTIVE, 1);
    try {
      if (Atomics.load(control, CONTROL.OPEN) === seen) takePieces(control, kernels, thread);
    } catch {
      Atomics.store(control, CONTROL.FAILED, thread);
    }
    Atomics.sub(control, CONTROL.ACTIVE, 1);
    if (Atomics.load(control, CONTROL.CALLER_SLEEPS) !== 0) Atomics.notify(control, CONTROL.ACTIVE);
  }
}

if (typeof process === 'object' && process.versions?.node) {
  void import('node:worker_threads').then(({ parentPort, workerData }) =>
    work(workerData as WorkerStart, () => parentPort?.postMessage('ready')),
  );
} else {
  globalThis.onmessage = ({ data }: MessageEvent) => work(data as WorkerStart, () => globalThis.postMessage('ready'));
}
