/** What the benchmark of the engines times, on the active backend: in Node.js and on a page. */
import { measureTraining } from '@ae/autoencoder/native';
import { adamStep, maxPoolWithArgmax, maxUnpool, sgdStep } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';

const batch = 32;

/** The kernels, by what they do; each makes its inputs and answers the function to time. */
function kernels() {
  const noise = (...shape) => tf.randomNormal(shape, 0, 0.1, 'float32', 1);
  const run = (name, inputs, attrs) => tf.engine().runKernel(name, inputs, attrs);
  const conv = { strides: [1, 1], pad: 'valid', dataFormat: 'NHWC', dilations: [1, 1] };
  const [x, dy, filter] = [noise(batch, 62, 62, 12), noise(batch, 60, 60, 12), noise(3, 3, 12, 12)];
  const [code, dCode] = [noise(batch, 4704), noise(batch, 1568)];
  const weights = tf.variable(noise(4704, 1568));
  const [m, v] = [tf.variable(tf.zerosLike(weights)), tf.variable(tf.zerosLike(weights))];
  const gradient = noise(4704, 1568);
  const { values: pooled, indices } = maxPoolWithArgmax(dy, { poolSize: 2 });
  const unpool = (values) => maxUnpool(values, indices, [60, 60], { distinctIndices: true });
  const after = (step) => () => {
    step();
    return tf.slice(weights, [0, 0], [1, 1]);
  };
  return {
    'convolution 62 x 62 x 12 -> 60 x 60 x 12': () => tf.conv2d(x, filter, 1, 'valid'),
    'its gradient for the image': () => run('Conv2DBackpropInput', { dy, filter }, { ...conv, inputShape: x.shape }),
    'its gradient for the filter': () => run('Conv2DBackpropFilter', { x, dy }, { ...conv, filterShape: filter.shape }),
    'ReLU 60 x 60 x 12, and its gradient': () => tf.grad(tf.relu)(dy, dy),
    'pooling 60 x 60 x 12, with indices': () => maxPoolWithArgmax(dy, { poolSize: 2 }).values,
    'the same, and its gradient': () => tf.grad((y) => maxPoolWithArgmax(y, { poolSize: 2 }).values)(dy, pooled),
    'unpooling to 60 x 60 x 12': () => unpool(pooled),
    'unpooling, and its gradient': () => tf.grad(unpool)(pooled, dy),
    'dense 4704 -> 1568': () => tf.matMul(code, weights),
    'its gradient for the input': () => tf.matMul(dCode, weights, false, true),
    'its gradient for the weights': () => tf.matMul(code, dCode, true, false),
    'SGD step of 4704 x 1568': after(() => sgdStep(weights, gradient, null, { learningRate: 1e-6 })),
    'Adam step of 4704 x 1568': after(() => adamStep(weights, gradient, m, v, { learningRate: 1e-6, step: 9 })),
  };
}

/** Milliseconds of one call: the median of five groups of calls, each followed by reading one value; or of a single call. */
async function time(f, once) {
  const call = async (times) => {
    const start = performance.now();
    for (let i = 0; i < times - 1; i++) tf.dispose(tf.tidy(f));
    const value = tf.tidy(() => tf.slice(tf.reshape(f(), [-1]), [0], [1]));
    await value.data();
    value.dispose();
    return (performance.now() - start) / times;
  };
  if (once) return call(1);
  await call(1);
  const times = Math.max(1, Math.min(200, Math.round(100 / (await call(1)))));
  const groups = [];
  for (let i = 0; i < 5; i++) groups.push(await call(times));
  return groups.sort((a, b) => a - b)[2];
}

/** Times everything. Answers texts by what was timed. */
export async function measureEngine(device) {
  tf.enableProdMode();
  // The stock kernels of the reference and of a GPU that software computes take seconds a call.
  const slow = tf.getBackend() === 'cpu' || /swiftshader/i.test(device);
  const rows = {};
  for (const [name, f] of Object.entries(kernels())) {
    const ms = await time(f, slow);
    rows[name] = ms < 1000 ? `${Number(ms.toPrecision(3))} ms` : `${(ms / 1000).toFixed(1)} s`;
  }
  for (const batchSize of slow ? [] : [32, 128]) {
    rows[`**training, batches of ${batchSize}**`] = `${Math.round(await measureTraining(5, { batchSize }))} images/s`;
  }
  return rows;
}
