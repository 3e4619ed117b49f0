/** What the programs in the pages take for granted, in the order in which they run: page by page in one folder, so that one finds what another made. */

export interface Given {
  /** What stands before it: the data that it is about. */
  readonly before?: string;
  /** What is shorter or nearer here than what readers are shown. */
  readonly instead?: readonly (readonly [shown: string, run: string])[];
  /** What it prints. */
  readonly prints?: RegExp;
  /** Why it is only type-checked. */
  readonly onlyTypes?: string;
}

const samples = `
const samples = Array.from({ length: 6 }, (_, i) => {
  const data = Uint8Array.from({ length: 3 * 64 * 64 }, (_, at) => 128 + 100 * Math.sin((at * (i + 3)) / 997));
  return { channels: 3, height: 64, width: 64, data, label: i % 2 };
});`;
const validation = `${samples}
const validation = samples.slice(1);`;
const network = `
import { Autoencoder } from '@ae/autoencoder';
const ae = await Autoencoder.load('model');`;
const shorter = ['epochs: 15', 'epochs: 2'] as const;
const inBrowsers = 'a page runs it: see test/browser and examples/browser';

export const table: Readonly<Record<string, readonly Given[]>> = {
  'README.md': [{ instead: [shorter, ["save('model')", "save('first')"]], prints: /^1 \d.*key: .*\d of \d$/s }],
  'packages/autoencoder/README.md': [
    { instead: [shorter] },
    { prints: /^Float32Array\(256\) \[/ },
    {},
    { prints: /key: 'disc-00\d\.png'/ },
    { prints: /^\d of 4$/ },
    { before: validation, instead: [shorter], prints: /^\d+\.\d+$/ },
    { before: validation },
    {
      // Of a network that has masks.
      before: `import { cp } from 'node:fs/promises';\nawait cp('first-model', 'model', { recursive: true });${samples}`,
      prints: /^[\d.]+ [\d.]+ \S+ \d+ [1-9]/,
    },
    { before: `${network}${samples}\nconst [first, second] = samples;` },
    {
      before: `${network}${samples}\nconst trainingSamples = samples;
const dataOfAnotherRun = await collectReport(ae, { samples, trainingSamples });`,
      instead: [['runs/train-1', 'runs/first']],
    },
  ],
  'packages/lmdb-datum/README.md': [
    {
      before: `import { convertImageset } from '@ae/lmdb-datum';
await convertImageset({ input: 'photos/val', output: 'ilsvrc12_train_lmdb', resizeHeight: 64, resizeWidth: 64 });`,
    },
    {
      before: `import { writeFile } from 'node:fs/promises';
import { channelMeans, computeMean, encodeSample, openDatumLmdb } from '@ae/lmdb-datum';
const reader = openDatumLmdb('ilsvrc12_train_lmdb');`,
    },
    { before: 'const pixelsChwBgr = new Uint8Array(3 * 64 * 64);' },
  ],
  'packages/images/README.md': [
    {
      before: `const [photo, photos] = ['photo.jpg', 'photos'];`,
      prints: /^80 80 3\n8 \[\s*'train\/disc-000\.png',.*\[\s*0, .*1\s*\]$/s,
    },
    { before: `import { readFile } from 'node:fs/promises';\nconst file = await readFile('photo.jpg');` },
  ],
  'examples/quickstart/README.md': [
    {
      instead: [
        ['examples/quickstart/out/transform/model', 'model'],
        ['examples/quickstart/data/val.lmdb', 'train_lmdb'],
      ],
      prints: /^\d+\.\d+$/,
    },
  ],
  'docs/anywhere.md': [
    {
      before: `import { readFile } from 'node:fs/promises';`,
      instead: [["'https://example.org/train_lmdb/data.mdb'", "await readFile('train_lmdb/data.mdb')"]],
    },
  ],
  'docs/bundlers.md': [
    { before: 'const input = { files: [new Blob()] };', onlyTypes: inBrowsers },
    { before: "const wasmBinary = '/tfjs.wasm';", onlyTypes: 'npm run test:packages does' },
  ],
  'docs/caffe-lmdb.md': [
    {
      prints:
        /^8 records of Caffe's Datums\n3 64 64 12288 \d\n\[ 4, 64, 64, 3 \] 49152 4\n\[ 4, 64, 64, 3 \] 49152 4\n\[ [\d.]+, [\d.]+, [\d.]+ \]$/,
    },
  ],
  'docs/server.md': [{ onlyTypes: 'test/snippets/server.slow.test.ts runs it' }],
  'docs/search.md': [{ prints: /^(\S+ [\d.]+\n?){3}$/ }],
  'docs/odd-images.md': [{ prints: /^\S+ [\d.]+\n\S+ [\d.]+\n\d of 4 are reconstructed worse$/ }],
  'docs/masks.md': [{ prints: /^own [\d.]+\nfixed [\d.]+\nother [\d.]+\n\d+ [1-9]\d*$/ }],
  'docs/coming-from.md': [{ prints: /max_unpooling2d_1/s }, {}, { instead: [shorter] }],
  'packages/layers/README.md': [
    { prints: /\[ 8, 20 \] \[ 8, 7, 7, 4 \] \[ 8, 16, 16, 3 \]/ },
    { prints: /0, 0, 0, 0, 9,\s+0, 0, 0, 0/ },
  ],
  'packages/layers/docs/engines.md': [
    { onlyTypes: inBrowsers },
    { onlyTypes: 'npm run test:webgpu does' },
    { onlyTypes: inBrowsers },
  ],
};

/** Packages that the pages name and this repository installs for one lane only. */
export const elsewhere = ['webgpu', '@tensorflow/tfjs-backend-webgpu'];
