/**
 * Says where a training step of a network (`mirror` or `strided` of bench/train) spends its time on one thread, kernel by kernel, and
 * how near each kernel comes to the peak of the register tile:
 *
 *     npm run bench -- kernels [--network strided] [--batch 128] [--simd relaxed|plain|wide] [--seconds 5]
 *
 * GFLOP/s count what a dense computation of the layer would multiply and add. The kernels around a pooling skip the zeros,
 * three quarters of it, so their dense rate may exceed the peak; the computed rate is that of what is left. Where Winograd's algorithm
 * saves products (16 channels and more) the computed rate is too high by as much.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import v8 from 'node:v8';
import { initWasm } from '@ae/layers/backends/wasm';
import * as tf from '@tensorflow/tfjs-core';
import { makeTraining } from '../train/training.mjs';

const { values } = parseArgs({
  options: {
    network: { type: 'string', default: 'mirror' },
    batch: { type: 'string', default: '128' },
    simd: { type: 'string' },
    optimizer: { type: 'string', default: 'sgd' },
    seconds: { type: 'string', default: '5' },
  },
});
const size = (shape) => shape.reduce((product, length) => product * length, 1);

/** Multiplications and additions of a dense layer or convolution: 2 for every value of the input's position and every weight. */
const dense = {
  FusedConv2D: ({ filter }, [y]) => (2 * size(y.shape) * size(filter.shape)) / filter.shape[3],
  FusedConv2DMaxPool: ({ filter }, [y]) => (8 * size(y.shape) * size(filter.shape)) / filter.shape[3],
  FusedConv2DGrad: ({ dy, filter, x }) => (passes(x) * 2 * size(dy.shape) * size(filter.shape)) / filter.shape[3],
  FusedConv2DMaxPoolGrad: ({ dy, filter, x }) =>
    (passes(x) * 8 * size(dy.shape) * size(filter.shape)) / filter.shape[3],
  FusedConv2DTranspose: ({ x, filter, indices }) =>
    ((indices ? 8 : 2) * size(x.shape) * size(filter.shape)) / filter.shape[3],
  FusedConv2DTransposeGrad: ({ x, filter, indices }) =>
    ((indices ? 16 : 4) * size(x.shape) * size(filter.shape)) / filter.shape[3],
  _FusedMatMul: ({ a, b }) => 2 * a.shape[0] * size(b.shape),
  FusedDenseGrad: ({ dy, kernel }) => 2 * dy.shape[0] * size(kernel.shape),
  SgdStep: step,
  AdamStep: step,
};

/** The first layer needs no gradient for its input, which is the batch. */
function passes(x) {
  return x.shape[3] === 3 ? 1 : 2;
}

/** The gradient of a dense layer's kernel is computed by the optimizer that uses it up. */
function step({ variable }) {
  return variable.shape.length === 2 ? 2 * Number(values.batch) * size(variable.shape) : 0;
}

/** Kernels that skip the zeros compute a quarter. */
const computed = (name, { indices }) => (name === 'FusedConv2DMaxPoolGrad' || indices ? 1 / 4 : 1);

/** Peak of the largest tile of a variant in GFLOP/s: everything in the level-1 cache, one thread. */
function peak(simd) {
  const source = readFileSync(
    new URL('../../packages/layers/src/backends/wasm/assembly/dist/side-module.ts', import.meta.url),
    'utf8',
  );
  const modules = JSON.parse(/sideModules = (\{[^}]*\})/.exec(source)[1]);
  // Node.js 26 dies without the first compiler while it inlines by what that one has seen; of newer ones nothing is known.
  const major = Number.parseInt(process.versions.v8, 10);
  if (major > 14) throw new Error(`V8 ${process.versions.v8} is not one whose flags have been tested.`);
  if (major === 11) v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  if (major === 14) v8.setFlagsFromString('--no-wasm-inlining');
  v8.setFlagsFromString('--no-liftoff');
  if (simd === 'wide') v8.setFlagsFromString('--experimental-wasm-revectorize');
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
  const module = new WebAssembly.Module(Buffer.from(modules[simd], 'base64'));
  const { probe, ROWS, PANEL } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  const [rows, width, steps, repeats] = [ROWS.value, PANEL.value, 256, 2000];
  let best = 0;
  for (let round = 0; round < 100; round++) {
    const start = performance.now();
    probe(rows, width, steps, 4096, repeats);
    best = Math.max(best, (2 * rows * width * steps * repeats) / (performance.now() - start) / 1e6);
  }
  return best;
}

const engine = await initWasm({ threads: 1, simd: values.simd });
const calls = new Map();

/** Puts a stopwatch around every kernel. */
function watch({ kernelName, kernelFunc }) {
  tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({
    kernelName,
    backendName: 'wasm',
    kernelFunc: (params) => {
      const start = performance.now();
      const outputs = kernelFunc(params);
      const ms = performance.now() - start;
      const { inputs } = params;
      const shapes = Object.values(inputs)
        .filter(Boolean)
        .map(({ shape }) => shape.join('x'));
      const key = `${kernelName} ${shapes.slice(0, 3).join(' ')}`;
      const call = calls.get(key) ?? { kernelName, shapes, ms: 0, flops: 0, share: 1 };
      call.ms += ms;
      call.flops += dense[kernelName]?.(inputs, [outputs].flat()) ?? 0;
      call.share = computed(kernelName, inputs);
      calls.set(key, call);
      return outputs;
    },
  });
}

const { trainOnce } = await makeTraining(values.network, Number(values.batch), values.optimizer);
for (let i = 0; i < 3; i++) trainOnce();
for (const kernel of tf.getKernelsForBackend('wasm')) watch(kernel);
let steps = 0;
const begin = performance.now();
for (; performance.now() - begin < Number(values.seconds) * 1000; steps++) trainOnce();
const stepMs = (performance.now() - begin) / steps;

const top = peak(engine.simd);
console.log(
  `Node.js ${process.versions.node}, ${engine.simd}: the tile's peak is ${top.toFixed(1)} GFLOP/s on one thread.`,
);
console.log(
  `A step of ${values.batch} images takes ${stepMs.toFixed(1)} ms: ${((Number(values.batch) / stepMs) * 1000).toFixed(0)} images/s.\n`,
);
console.log(
  '| kernel | shapes | ms | of the step | dense GFLOP/s | computed GFLOP/s | of the peak |\n| --- | --- | ---: | ---: | ---: | ---: | ---: |',
);
let [rest, total] = [0, 0];
for (const { kernelName, shapes, ms, flops, share } of [...calls.values()].sort((a, b) => b.ms - a.ms)) {
  total += ms / steps;
  if (ms / steps < 0.005 * stepMs) {
    rest += ms / steps;
    continue;
  }
  const rate = flops / ms / 1e6;
  const numbers = flops
    ? [rate.toFixed(1), (rate * share).toFixed(1), `${((100 * rate * share) / top).toFixed(0)} %`]
    : ['', '', ''];
  console.log(
    `| ${[kernelName, shapes.join(' '), (ms / steps).toFixed(2), `${((100 * ms) / steps / stepMs).toFixed(1)} %`, ...numbers].join(' | ')} |`,
  );
}
console.log(`| all others | | ${rest.toFixed(2)} | ${((100 * rest) / stepMs).toFixed(1)} % | | | |`);
console.log(
  `| between kernels: tape, tidying, JavaScript | | ${(stepMs - total).toFixed(2)} | ${((100 * (stepMs - total)) / stepMs).toFixed(1)} % | | | |`,
);
engine.dispose();
