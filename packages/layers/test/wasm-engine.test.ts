/** The engine from a process's point of view: threads and their failure, growing memory, reproducible results, and a clean exit. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { initWasm, type WasmEngine } from '../src/backends/wasm';
import type { SideKernel } from '../src/backends/wasm/runtime/job-control';
import { WorkerPool } from '../src/backends/wasm/runtime/worker-pool';
import { fuseForward, meanSquaredError, sgdStep } from '../src/entries/index';
import { buildMirror } from './networks';
import { randomValues } from './wasm-reference';

vi.setConfig({ testTimeout: 60_000 }); // processes start slowly on a busy machine

const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a script with plain Node.js, where `@ae/layers` is the built package; returns the last line it prints. */
async function run(script: string): Promise<string> {
  const args = ['--input-type=module', '--eval', script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, timeout: 60_000 });
  return stdout.trim().split('\n').at(-1) as string;
}

/** Trains a small network for three steps; `digest` is that of all its weights. */
const training = `
  import { createHash } from 'node:crypto';
  import * as tf from '@tensorflow/tfjs-core';
  import { conv2d, conv2dTranspose, flatten, fuseForward, linear, maxPooling2d, maxUnpooling2d, meanSquaredError, relu, reshape, Sequential, sgdStep } from '@ae/layers';
  import { initWasm } from '@ae/layers/backends/wasm';
  const engine = await initWasm(OPTIONS);
  const model = new Sequential({ inputShape: [24, 24, 3] })
    .add(conv2d({ filters: 12, kernelSize: 3 })).add(relu()).add(maxPooling2d({ poolSize: 2 }))
    .add(flatten()).add(linear({ units: 70 })).add(linear({ units: 1452 })).add(reshape({ targetShape: [11, 11, 12] }))
    .add(conv2d({ filters: 24, kernelSize: 3 })).add(conv2d({ filters: 24, kernelSize: 2 })).add(relu())
    .add(conv2dTranspose({ filters: 24, kernelSize: 2 })).add(conv2dTranspose({ filters: 12, kernelSize: 3 }))
    .add(maxUnpooling2d()).add(conv2dTranspose({ filters: 3, kernelSize: 3 })).build();
  const sines = (shape, k) => tf.tensor(Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(i * k)), shape);
  model.setWeights(model.getWeights().map((weight, i) => tf.mul(sines(weight.shape, 1.7 + i), 0.03)));
  const [x, forward] = [sines([21, 24, 24, 3], 0.37), fuseForward(model)];
  const variables = model.trainableWeights.map((weight) => weight.read());
  for (let step = 0; step < 3; step++) {
    const { value, grads } = tf.variableGrads(() => meanSquaredError(x, forward(x)), variables);
    for (const variable of variables) sgdStep(variable, grads[variable.name], null, { learningRate: 0.05 });
    tf.dispose([value, grads]);
  }
  const hash = createHash('sha256');
  for (const variable of variables) hash.update(variable.dataSync());
  const digest = hash.digest('hex');
`;

/** Prints the result of training, and the engine's configuration. */
const outcome = `console.log(JSON.stringify({
  threads: engine.threads, simd: engine.simd, digest, weights: [...variables[0].dataSync().slice(0, 3)],
  shared: !(tf.backend().wasm.HEAPU8.buffer instanceof ArrayBuffer) }));`;

interface Outcome {
  threads: number;
  simd: string;
  digest: string;
  weights: number[];
  shared: boolean;
}

const scriptFor = (options: object) => `${training.replace('OPTIONS', JSON.stringify(options))}\n${outcome}`;

/** Output of processes that trained, by their options: starting one takes longer than training. */
const outcomes = new Map<string, Promise<Outcome>>();

function trainWith(options: object): Promise<Outcome> {
  const key = JSON.stringify(options);
  const known = outcomes.get(key) ?? run(scriptFor(options)).then((line) => JSON.parse(line) as Outcome);
  outcomes.set(key, known);
  return known;
}

describe('a process', () => {
  test('exits by itself when its work is done, although workers wait for more', async () => {
    expect(await trainWith({ threads: 5 })).toMatchObject({ threads: 5, shared: true });
  });

  test('computes the same bits with any number of threads', async () => {
    const digests = await Promise.all([{ threads: 1 }, { threads: 2 }, { threads: 5 }, {}].map(trainWith));
    expect(new Set(digests.map(({ digest }) => digest)).size).toBe(1);
  });

  test('works without shared memory, on a single thread', async () => {
    const script = scriptFor({}).replace(/import (.*?) from '(.*?)';/g, toDynamicImport);
    const without = JSON.parse(await run(`delete globalThis.SharedArrayBuffer; ${script}`)) as Outcome;
    expect(without).toEqual({ ...(await trainWith({})), threads: 1, shared: false });
  });

  test('works with the kernels for engines without relaxed SIMD', async () => {
    const [relaxed, plain] = await Promise.all([trainWith({}), trainWith({ simd: 'plain' })]);
    expect(plain.simd).toBe('plain');
    for (const [i, weight] of plain.weights.entries()) expect(weight).toBeCloseTo(relaxed.weights[i] as number, 5);
  });

  test('gets an error when a worker has died, instead of waiting for it', async () => {
    const script = `
      import { createRequire, syncBuiltinESMExports } from 'node:module';
      const threads = createRequire(process.cwd() + '/')('node:worker_threads');
      const workers = [];
      threads.Worker = class extends threads.Worker { constructor(...args) { super(...args); workers.push(this); } };
      syncBuiltinESMExports();
      const tf = await import('@tensorflow/tfjs-core');
      const { initWasm } = await import('@ae/layers/backends/wasm');
      await initWasm({ threads: 2 });
      await workers[0].terminate();
      try { tf.matMul(tf.ones([300, 300]), tf.ones([300, 300])); } catch (error) { console.log(error.name, error.code, error.message); }`;
    expect(await run(script)).toMatch(
      /^WasmEngineError WASM_WORKER_FAILED \[layers\] .*worker 1 ended with exit code 1\. .+$/,
    );
  });

  test('continues on a single thread after its engine is disposed', async () => {
    const script = `${training.replace('OPTIONS', '{ "threads": 2 }')}
      engine.dispose();
      engine.dispose();
      const product = tf.matMul(tf.ones([50, 60]), tf.fill([60, 70], 2)).dataSync();
      console.log(JSON.stringify([engine.threads, [...new Set(product)]]));`;
    expect(await run(script)).toBe('[1,[120]]');
  });

  test('gets an error for options that make no sense', async () => {
    await expect(
      run(`import { initWasm } from '@ae/layers/backends/wasm'; await initWasm({ threads: 1.5 });`),
    ).rejects.toThrow(
      "InvalidOptionError: [layers] initWasm: expected `threads` to be 'auto' or a whole number from 1, received 1.5",
    );
    await expect(
      run(
        `import { initWasm } from '@ae/layers/backends/wasm'; await initWasm({ tfjsBinary: new URL('http://127.0.0.1:9/x.wasm') });`,
      ),
    ).rejects.toThrow('[layers] initWasm: tfjs-backend-wasm-simd.wasm at http://127.0.0.1:9/x.wasm cannot be read: ');
  });
});

/** Static imports run before everything else; this delays them until the first part of a script has run. */
function toDynamicImport(_statement: string, names: string, from: string): string {
  return `const ${names.replace(/^\* as /, '')} = await import('${from}');`;
}

describe('a worker pool', () => {
  /** (func (export "k") (param i32 i32 i32 i32) (loop (br_if 0 (local.get 3)))): never returns if its scratch memory is not at 0. */
  const spinning = Uint8Array.from([
    ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 4, 127, 127, 127, 127, 0, 3, 2, 1, 0, 7, 5, 1, 1, 107, 0, 0],
    ...[10, 11, 1, 9, 0, 3, 64, 32, 3, 13, 0, 11, 11],
  ]);

  test('takes every unit once, in smaller pieces near the end', async () => {
    const pieces: string[] = [];
    const kernels: SideKernel[] = [(begin, end) => pieces.push(`${begin}-${end}`)];
    const [module, memory] = [new WebAssembly.Module(spinning), new WebAssembly.Memory({ initial: 1 })];
    const pool = await WorkerPool.start({ threads: 1, kernels, module, memory, kernelNames: ['k'] });
    const piecesOf = (units: number, chunk: number, last: number) => {
      pieces.length = 0;
      pool.start(0, 0, units, chunk, last, 0, 0);
      return pieces.join(' ');
    };
    expect(piecesOf(11, 3, 1)).toBe('0-3 3-6 6-7 7-8 8-9 9-10 10-11');
    expect(piecesOf(8, 3, 3)).toBe('0-3 3-6 6-8');
    expect(piecesOf(2, 5, 1)).toBe('0-1 1-2');
    expect(piecesOf(7, 4, 2)).toBe('0-2 2-4 4-6 6-7');
  });

  test('gives up on a worker that does not return', async () => {
    const module = new WebAssembly.Module(spinning);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const kernels = [new WebAssembly.Instance(module).exports.k as SideKernel];
    const pool = await WorkerPool.start({ threads: 2, kernels, module, memory, kernelNames: ['k'], patienceMs: 200 });
    // Scratch of thread 0 is at 0, that of the worker at 1: it never returns. It may take a few jobs before the worker is quick enough to get
    // a share.
    const attempt = () => {
      for (let i = 0; i < 1e6; i++) {
        pool.start(0, 0, 1e6, 1, 1, 0, 1);
        pool.finish();
      }
    };
    expect(attempt).toThrow(/its worker threads have failed: 1 of them did not respond within \d+ ms\. /);
    expect(attempt).toThrow(/did not respond/); // and it stays so
    pool.dispose();
  });
});

describe('one engine', () => {
  // It is not disposed: files of tests share it, and would go on without its workers.
  let engine: WasmEngine;
  beforeAll(async () => {
    engine = await initWasm({ threads: 2 });
  });

  test('is the one that already exists', async () => {
    expect(await initWasm({ threads: 7 })).toBe(engine);
    expect(tf.getBackend()).toBe('wasm');
  });

  test('computes in memory that has grown since its workers started', () => {
    const before = heapBytes(engine);
    const x = tf.fill([24, 512, 512, 4], 0.5) as tf.Tensor4D; // 100 MB
    const filter = tf.fill([3, 3, 4, 4], 0.25) as tf.Tensor4D;
    const y = tf.conv2d(x, filter, 1, 'same');
    expect(heapBytes(engine)).toBeGreaterThan(before);
    const pixels = tf.slice(y, [20, 0, 0, 0], [4, 512, 512, 4]).dataSync();
    expect(pixels[(5 * 512 + 7) * 4]).toBe(4.5); // 9 taps x 4 channels x 0.125
    expect(pixels[0]).toBe(2); // a corner: 4 taps
    expect(Math.max(...pixels.slice(0, 40_000))).toBe(4.5);
    tf.dispose([x, filter, y]);
  });

  test('trains two models in turn as it trains each alone', () => {
    const alone = [1, 2].map((seed) => {
      const training = trainer(seed);
      for (let i = 0; i < 3; i++) training.step();
      return training.weights();
    });
    const [first, second] = [trainer(1), trainer(2)];
    for (let i = 0; i < 3; i++) for (const training of [first, second]) training.step();
    expect([first.weights(), second.weights()]).toEqual(alone);
  });

  test('gives back the memory of what is disposed while workers still write it', () => {
    const [a, b] = [tf.ones([64, 4]), tf.ones([4, 4096])];
    tf.matMul(a, b).dispose();
    const before = heapBytes(engine);
    for (let i = 0; i < 300; i++) tf.matMul(a, b).dispose();
    expect(heapBytes(engine)).toBe(before);
    tf.dispose([a, b]);
  });
});

function heapBytes(engine: WasmEngine): number {
  return (engine.backend.wasm as unknown as { HEAPU8: Uint8Array }).HEAPU8.byteLength;
}

/** A small model that trains on random images, everything determined by the seed. */
function trainer(seed: number): { step(): void; weights(): Float32Array[] } {
  const model = buildMirror(16, [4, 8], 5 + seed).build();
  const values = model
    .getWeights()
    .map((weight, i) => tf.mul(tf.tensor(randomValues(weight.size, seed * 100 + i), weight.shape), 0.2));
  model.setWeights(values);
  const [x, forward] = [tf.tensor4d(randomValues(3 * 768, seed), [3, 16, 16, 3]), fuseForward(model)];
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  return {
    step() {
      const { value, grads } = tf.variableGrads(() => meanSquaredError(x, forward(x)), variables);
      for (const variable of variables)
        sgdStep(variable, grads[variable.name] as tf.Tensor, null, { learningRate: 0.1 });
      tf.dispose([value, grads]);
    },
    weights: () => variables.map((variable) => variable.dataSync() as Float32Array),
  };
}
