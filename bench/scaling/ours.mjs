/**
 * One side of the scaling benchmark, in a process of its own: `node ours.mjs '{"network": "strided", "batch": 8, "threads": 2, ...}'`.
 * Prints, as JSON, the stretches that a training step consists of, in their order: jobs of the engine, calls of the side module on the
 * main thread, the rest of each kernel, and what lies between kernels.
 */
import { initWasm } from '@ae/layers/backends/wasm';
import * as tf from '@tensorflow/tfjs-core';
import { makeTraining } from '../train/training.mjs';

const { network, batch, threads, optimizer, seconds } = JSON.parse(process.argv[2]);
const engine = await initWasm({ threads });
const { trainOnce } = await makeTraining(network, batch, optimizer);

/** The stretches of the current step, and how many of its milliseconds they cover. */
let stretches = [];
let covered = 0;
/** The kernel that runs, and when the main thread last found no unit of a job left. */
let kernel = '';
let closed = 0;

function add(name, ms, shared = false, waitMs = 0) {
  covered += ms;
  stretches.push({ name, ms, shared, waitMs });
}

// A job is closed by a store of -1; from then on the main thread waits for the others.
const { store } = Atomics;
Atomics.store = (words, index, value) => {
  if (value === -1) closed = performance.now();
  return store(words, index, value);
};

for (const method of ['run', 'call']) {
  const original = engine[method].bind(engine);
  engine[method] = (name, ...args) => {
    const start = performance.now();
    original(name, ...args);
    const end = performance.now();
    add(`${kernel}: ${name}`, end - start, method === 'run', method === 'run' ? end - closed : 0);
  };
}

for (const { kernelName, kernelFunc } of tf.getKernelsForBackend('wasm')) {
  tf.unregisterKernel(kernelName, 'wasm');
  const watched = (params) => {
    const [outer, before, start] = [kernel, covered, performance.now()];
    kernel = kernelName;
    const outputs = kernelFunc(params);
    add('in kernels, around jobs', performance.now() - start - (covered - before));
    kernel = outer;
    return outputs;
  };
  tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc: watched });
}

for (let i = 0; i < 3; i++) trainOnce();
const steps = [];
for (const begin = performance.now(); performance.now() - begin < seconds * 1000; ) {
  [stretches, covered] = [[], 0];
  const start = performance.now();
  trainOnce();
  const ms = performance.now() - start;
  add('between kernels', ms - covered);
  steps.push({ ms, stretches });
}
console.log(JSON.stringify(steps));
engine.dispose();
