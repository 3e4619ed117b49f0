/**
 * Loads damaged models through the built package, in child processes.
 *
 *     npm run fuzz:models -- [--count 5000] [--seed 1] [--case N]
 *
 * Prints a JSON summary and exits with 1 if a child died, hung, took too much memory, threw something else than our errors, or took weights
 * that are damaged. --case repeats one alone and says what became of it.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { runCases } from '@ae/testing/cases';
import { randomOf } from '@ae/testing/random';
import { mutateJson } from './mutate-json.mjs';

const CHUNK = 300;
const HANG_MS = 30_000;
const MOST_RSS_MIB = 1024;
const self = fileURLToPath(import.meta.url);

/** Networks with the layers that there are, as `save` writes them. */
async function makeModels(folder) {
  const { Autoencoder } = await import('../dist/index.js');
  const ours = await import('@ae/layers');
  const { layers } = await import('@tensorflow/tfjs-layers');
  const networks = {
    mirror: { inputShape: [16, 16, 3], codeSize: 16 },
    variational: { inputShape: [16, 16, 3], codeSize: 8, variational: true },
    layers: { inputShape: [8, 8, 2], layers: manyLayers(ours, layers) },
  };
  for (const [name, options] of Object.entries(networks)) {
    const network = new Autoencoder(options);
    await network.initialize({ seed: 1, scheme: 'torch' });
    await network.save(path.join(folder, name));
    network.dispose();
  }
}

function manyLayers(ours, stock) {
  return [
    ours.conv2d({ filters: 4, kernelSize: 3, padding: 1 }),
    stock.batchNormalization({}),
    stock.prelu({ sharedAxes: [1, 2] }),
    stock.gaussianNoise({ stddev: 0.1 }),
    ours.maxPooling2d({ poolSize: 2 }),
    stock.depthwiseConv2d({ kernelSize: 3, padding: 'same', activation: 'relu' }),
    stock.averagePooling2d({ poolSize: 2 }),
    ours.flatten(),
    stock.dropout({ rate: 0.1 }),
    stock.dense({ units: 6, name: 'code', kernelRegularizer: 'l1l2' }),
    stock.repeatVector({ n: 2 }),
    stock.permute({ dims: [2, 1] }),
    stock.flatten({}),
    stock.dense({ units: 32, activation: 'sigmoid' }),
    ours.reshape({ targetShape: [4, 4, 2] }),
    stock.leakyReLU({ alpha: 0.1 }),
    stock.separableConv2d({ filters: 4, kernelSize: 3, padding: 'same' }),
    ours.maxUnpooling2d(),
    stock.zeroPadding2d({ padding: 1 }),
    stock.cropping2D({
      cropping: [
        [1, 1],
        [1, 1],
      ],
    }),
    stock.averagePooling2d({ poolSize: 2 }),
    stock.upSampling2d({ size: [2, 2] }),
    stock.conv2dTranspose({ filters: 2, kernelSize: 3, padding: 'same' }),
    stock.activation({ activation: 'sigmoid' }),
  ];
}

/** Damages one of the models; returns what was done, and whether it must be noticed. */
function damage(from, folder, seed) {
  const random = randomOf(seed);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.cpSync(from, folder, { recursive: true });
  const weights = path.join(folder, 'weights.bin');
  if (random(8) > 0) {
    const file = path.join(folder, 'model.json');
    const { text, kinds } = mutateJson(JSON.parse(fs.readFileSync(file, 'utf8')), seed);
    fs.writeFileSync(file, text);
    return { kinds };
  }
  const bytes = fs.readFileSync(weights);
  if (random(3) === 0) {
    fs.writeFileSync(weights, bytes.subarray(0, random(bytes.length)));
    return { kinds: ['truncated weights'], noticed: true };
  }
  bytes[random(bytes.length)] ^= 1 << random(8);
  fs.writeFileSync(weights, bytes);
  return { kinds: ['a bit of the weights'], noticed: true };
}

/** Loads a model and computes with it. Errors of ours are fine, others are bugs. */
async function attempt(Autoencoder, folder) {
  let network;
  try {
    network = await Autoencoder.load(folder);
  } catch (error) {
    if (error.code === 'MODEL_INVALID' || error.code === 'MODEL_NOT_FOUND')
      return { outcome: 'refused', message: error.message };
    return { outcome: 'bug', bug: error?.stack ?? String(error) };
  }
  try {
    const [height, width, channels] = network.inputShape;
    if (height * width * channels > 10_000) return { outcome: 'large' };
    const sample = { channels, height, width, data: new Uint8Array(channels * height * width).fill(99) };
    await network.reconstruct([sample, sample]);
    network.summary();
    return { outcome: 'loaded', message: JSON.stringify(network.sizes) };
  } catch (error) {
    return { outcome: 'bug', bug: error?.stack ?? String(error) };
  } finally {
    network.dispose();
  }
}

async function child(folder, first, last, seed, verbose) {
  const tf = await import('@tensorflow/tfjs-core');
  const { Autoencoder, useBackend } = await import('../dist/index.js');
  await useBackend('wasm', { threads: 1 });
  const models = path.join(folder, 'models');
  if (!fs.existsSync(models)) await makeModels(models);
  const names = fs.readdirSync(models).sort();
  const damaged = path.join(folder, `damaged-${process.pid}`);
  for (let i = first; i < last; i++) {
    const startedMs = performance.now();
    const from = names[i % names.length];
    const { kinds, noticed } = damage(path.join(models, from), damaged, seed * 1_000_003 + i);
    const before = tf.memory().numTensors;
    let result = await attempt(Autoencoder, damaged);
    if (noticed && result.outcome !== 'refused') result = { outcome: 'bug', bug: `damaged weights: ${result.outcome}` };
    const left = tf.memory().numTensors - before;
    if (left > 0 && result.outcome !== 'bug')
      result = { outcome: 'bug', bug: `${left} tensors left by ${result.message}` };
    const elapsedMs = Math.round(performance.now() - startedMs);
    const rssMiB = Math.round(process.memoryUsage.rss() / 2 ** 20);
    const { message, ...rest } = result;
    console.log(JSON.stringify({ i, from, kinds, ...rest, elapsedMs, rssMiB, message: verbose ? message : undefined }));
  }
  fs.rmSync(damaged, { recursive: true, force: true });
}

/** Runs mutations from `first` to before `last`. */
function runChunk(folder, first, last, seed, report) {
  const argsFrom = (next) => [
    '--max-old-space-size=512',
    ...[self, 'child', folder],
    ...[next, last, seed].map(String),
  ];
  return runCases(argsFrom, { first, last, hangMs: HANG_MS, report });
}

/** Loads `count` damaged models. */
export async function fuzzModels({ count, seed, until = Number.POSITIVE_INFINITY }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ae-fuzz-models-'));
  const outcomes = { refused: 0, loaded: 0, large: 0, bug: 0, death: 0, hang: 0 };
  const failures = [];
  let mostRssMiB = 0;
  let longestMs = 0;
  let done = 0;
  try {
    await makeModels(path.join(folder, 'models'));
    for (; done < count && Date.now() < until; done += CHUNK) {
      await runChunk(folder, done, Math.min(done + CHUNK, count), seed, (result) => {
        outcomes[result.outcome]++;
        if (result.bug) failures.push(result);
        mostRssMiB = Math.max(mostRssMiB, result.rssMiB ?? 0);
        longestMs = Math.max(longestMs, result.elapsedMs ?? 0);
      });
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  const ok = failures.length === 0 && mostRssMiB <= MOST_RSS_MIB;
  return { ok, count: Math.min(done, count), seed, outcomes, mostRssMiB, longestMs, failures };
}

async function main() {
  const { values } = parseArgs({
    options: { count: { type: 'string' }, seed: { type: 'string' }, case: { type: 'string' } },
  });
  const { count, seed } = { count: Number(values.count ?? 5000), seed: Number(values.seed ?? 1) };
  if (values.case !== undefined) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ae-fuzz-models-'));
    await child(folder, Number(values.case), Number(values.case) + 1, seed, true);
    fs.rmSync(folder, { recursive: true, force: true });
    return;
  }
  const result = await fuzzModels({ count, seed });
  console.log(JSON.stringify(result, null, 2));
  process.exitCode = result.ok ? 0 : 1;
}

if (process.argv[2] === 'child') {
  const [folder, ...numbers] = process.argv.slice(3);
  await child(folder, ...numbers.map(Number), process.env.AE_FUZZ_VERBOSE === '1');
} else if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main();
}
