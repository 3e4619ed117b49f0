/** Trains by one recipe, given as JSON; prints the scores by epoch and the time without validation as JSON. See run.mjs. */
import fs from 'node:fs';
import { Autoencoder, useBackend } from '@ae/autoencoder';

const { epochs, threads, seed, files, initialize, train } = JSON.parse(process.argv[2]);

function readSamples({ file, shape: [channels, height, width] }) {
  const bytes = fs.readFileSync(file);
  const size = channels * height * width;
  return Array.from({ length: bytes.length / size }, (_, i) => {
    return { channels, height, width, data: bytes.subarray(i * size, (i + 1) * size) };
  });
}

await useBackend('wasm', { threads });
const [channels, height, width] = files.train.shape;
const ae = new Autoencoder({ inputShape: [height, width, channels] });
await ae.initialize({ seed, ...initialize });
const validation = readSamples(files.validation);
const psnrDb = [(await ae.evaluate(validation, { similarity: false })).psnrDb];
let trainingMs = 0;
let begun = performance.now();
let lastStep = begun;
await ae.train(readSamples(files.train), {
  ...{ ...train, epochs, seed, validation },
  onStep: () => {
    lastStep = performance.now();
  },
  onEpoch: (summary) => {
    psnrDb.push(summary.validation.psnrDb);
    trainingMs += lastStep - begun;
    begun = performance.now();
  },
});
console.log(JSON.stringify({ psnrDb, trainingSeconds: trainingMs / 1000 }));
process.exit(0);
