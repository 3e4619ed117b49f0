/** What a user's page does: loads a network that was trained in Node.js, reconstructs on each engine, and trains on; and begins one of its own. */
import { Autoencoder, listBackends, useBackend } from '@ae/autoencoder';
import '@tensorflow/tfjs-backend-webgl';

const json = async (address) => (await fetch(address)).json();

async function reconstructAndTrain(backend, samples) {
  const engine = await useBackend(backend, { wasmBinary: '/tfjs/tfjs-backend-wasm-simd.wasm' });
  const autoencoder = await Autoencoder.load('/model');
  const reconstructions = await autoencoder.reconstruct(samples);
  const { epochs } = await autoencoder.train(samples, { recipe: 'plain', epochs: 2, batchSize: 2 });
  autoencoder.dispose();
  return {
    engine,
    pixels: reconstructions.map(({ data }) => Array.from(data)),
    losses: epochs.map(({ loss }) => loss),
  };
}

/** The weights that preset transform begins with, computed on the engine in use. */
async function computeStart(drawings) {
  const autoencoder = new Autoencoder({ preset: 'transform', inputShape: [32, 32, 3], codeSize: 64 });
  await autoencoder.initialize({ seed: 1 });
  await autoencoder.computeStart(drawings, { seed: 1 });
  const weights = autoencoder.model.getWeights().map((weight) => Array.from(weight.dataSync()));
  autoencoder.dispose();
  return weights;
}

async function samplesOf(address) {
  return (await json(address)).map((sample) => ({ ...sample, data: Uint8Array.from(sample.data) }));
}

async function main() {
  const [samples, drawings] = await Promise.all(['/samples.json', '/drawings.json'].map(samplesOf));
  const results = {};
  for (const backend of ['wasm', 'webgl']) {
    results[backend] = { ...(await reconstructAndTrain(backend, samples)), start: await computeStart(drawings) };
  }
  const missing = await Autoencoder.load('/nowhere').catch((error) => error.message);
  const saving = await (await Autoencoder.load('/model')).save('copy').catch((error) => error.message);
  return { ...results, missing, saving, engines: (await listBackends()).map(({ name }) => name) };
}

globalThis.results = main().catch((error) => ({ error: String(error.stack) }));
