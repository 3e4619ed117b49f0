/**
 * Compares recipes by the validation PSNR that they reach in the same number of epochs, and by their time, beside PyTorch on the same
 * images:
 *
 *     ae import photos/train.txt train.lmdb --root photos/train --resize 64
 *     ae import photos/val.txt val.lmdb --root photos/val --resize 64
 *     AE_PYTHON=python3 npm run bench -- training-recipes train.lmdb val.lmdb [--epochs 15] [--only default,pytorch-adam-64] [--out FILE]
 *
 * Each recipe trains in a process of its own, one after the other. Scores are the mean over the validation images of the PSNR, each
 * reconstructed with its own masks. PyTorch trains the same network from its own initialization.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { recipes } from '@ae/autoencoder/options';
import { openDatumLmdb } from '@ae/lmdb-datum';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    epochs: { type: 'string', default: '15' },
    only: { type: 'string' },
    seeds: { type: 'string', default: '1' },
    threads: { type: 'string', default: String(os.availableParallelism()) },
    out: { type: 'string' },
  },
});
if (positionals.length !== 2) {
  console.error('[bench] expected the databases to train and to validate with, such as train.lmdb val.lmdb.');
  process.exit(1);
}
const here = path.dirname(fileURLToPath(import.meta.url));
const python = process.env.AE_PYTHON ?? 'python3';

const torchStart = { initialize: { scheme: 'torch' } };
const { batchSize, optimizer } = recipes.default;

/** What is compared: PyTorch, Adam as it comes, and our recipe with one part after the other taken away or changed. */
const cases = {
  'pytorch-adam-64': { torch: { batch: 64 } },
  'pytorch-adam-16': { torch: { batch: 16 } },
  'plain-64': { ...torchStart, train: { recipe: 'plain', batchSize: 64 } },
  default: { train: {} },
  'torch-initialization': { ...torchStart, train: {} },
  'fixed-rate': { train: { schedule: { policy: 'fixed' } } },
  // What belongs together: dense layers are updated after about as many images.
  'batches-of-8': { train: scaled(1 / 2) },
  'batches-of-32': { train: scaled(2) },
  'batches-of-64': { train: scaled(4) },
  'dense-every-step': { train: { optimizer: { ...optimizer, denseEvery: 1 } } },
  'dense-factor-1': { train: { optimizer: { ...optimizer, denseFactor: 1 } } },
  'learning-rate-0.002': { train: { optimizer: { ...optimizer, learningRate: 2e-3 } } },
  'learning-rate-0.005': { train: { optimizer: { ...optimizer, learningRate: 5e-3 } } },
  'averaged-weights': { train: { averageDecay: 0.98 } },
};

function scaled(factor) {
  return {
    batchSize: factor * batchSize,
    optimizer: { ...optimizer, denseEvery: optimizer.denseEvery / factor },
  };
}

function runOne(setting, seed, files) {
  const { torch, ...ours } = setting;
  const common = { epochs: Number(values.epochs), threads: Number(values.threads), seed, files };
  const [command, script, options] = torch
    ? [python, 'peer_torch.py', { ...common, ...torch }]
    : [process.execPath, 'ours.mjs', { ...common, ...ours }];
  const { status, stdout, stderr } = spawnSync(command, [path.join(here, script), JSON.stringify(options)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`[bench] ${script}: expected exit code 0, received ${status}.\n${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

/** Writes the samples as plain bytes, planar and blue first, which Python reads without a library. */
function writePlain(file, database) {
  const reader = openDatumLmdb(database);
  const { channels, height, width } = reader.at(0);
  const bytes = Buffer.concat(Array.from({ length: reader.length }, (_, i) => reader.at(i).data));
  fs.writeFileSync(file, bytes);
  reader.close();
  return { file, shape: [channels, height, width] };
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ae-bench-training-recipes-'));
try {
  const [train, validation] = positionals.map((database, i) => writePlain(path.join(folder, String(i)), database));
  const wanted = values.only?.split(',') ?? Object.keys(cases);
  const results = [];
  for (const name of wanted) {
    if (!cases[name])
      throw new Error(`[bench] expected recipes of ${Object.keys(cases).join(', ')}, received "${name}".`);
    for (let seed = 1; seed <= Number(values.seeds); seed++) {
      const result = { name, seed, ...runOne(cases[name], seed, { train, validation }) };
      results.push(result);
      const at = [0, 1, 5, 10, result.psnrDb.length - 1].filter((epoch, i, all) => all.indexOf(epoch) === i);
      const scores = at.map((epoch) => result.psnrDb[epoch]?.toFixed(2) ?? '');
      console.log(`${name.padEnd(30)} seed ${seed}  ${scores.join('  ')} dB  ${result.trainingSeconds.toFixed(0)} s`);
    }
  }
  const machine = { cpu: os.cpus()[0].model, cores: os.availableParallelism(), node: process.version };
  if (values.out) {
    const settings = { epochs: Number(values.epochs), threads: Number(values.threads) };
    fs.writeFileSync(
      values.out,
      `${JSON.stringify({ benchmark: 'training-recipes', machine, settings, results }, null, 2)}\n`,
    );
  }
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
