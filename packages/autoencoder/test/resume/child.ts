/**
 * A training that may be killed at any time: `child.mjs <run folder> <epochs>`. Resumes where there is something to resume; says
 * `step <n>` after each update and in the end `done <SHA-256 of the weights>`.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { Autoencoder, useBackend } from '../../src/entries/index';
import { rectangleSamples } from '../rectangles';

const [folder, epochs] = process.argv.slice(2);
const images = rectangleSamples(22, { size: 18 });

await useBackend('wasm', { threads: 2 });
const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 24 });
await ae.initialize({ seed: 1 });
await ae.train(images, {
  epochs: Number(epochs),
  batchSize: 4,
  seed: 2,
  optimizer: { name: 'adam', learningRate: 3e-3, denseFactor: 0.1, denseEvery: 3 },
  schedule: { policy: 'plateau', patience: 1, factor: 0.9 },
  augmentation: { mirror: true, crop: true, noise: 0.05 },
  averageDecay: 0.9,
  earlyStopping: { patience: 1000 },
  validation: images.slice(0, 6),
  run: {
    folder,
    resume: existsSync(path.join(folder, 'config.json')),
    checkpointSteps: 1,
    logSteps: 1,
    sampleCount: 2,
  },
  onStep: ({ step }) => process.stdout.write(`step ${step}\n`),
  onWarning: ({ message }) => process.stdout.write(`warning ${message}\n`),
});
const digest = createHash('sha256');
for (const weight of ae.model.getWeights()) digest.update(new Uint8Array((weight.dataSync() as Float32Array).buffer));
process.stdout.write(`done ${digest.digest('hex')}\n`);
process.exit(0);
