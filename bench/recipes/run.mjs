/**
 * Compares recipes by the validation PSNR that they reach in the same number of epochs, and by their time, beside PyTorch on the same
 * images:
 *
 *     ae import --list train.txt ... train.lmdb; ae import --list val.txt ... val.lmdb
 *     AE_PYTHON=python3 npm run bench -- recipes train.lmdb val.lmdb [--epochs 15] [--only default,pytorch-adam-64] [--out FILE]
 *
 * Each recipe trains in a process of its own, one after the other. Scores are the mean over the validation images of the PSNR, each
 * reconstructed with its own masks. PyTorch trains the same network from its own initialisation.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
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
const adam = { name: 'adam', learningRate: 5e-3, beta2: 0.99, denseFactor: 0.02, denseEvery: 4 };

/** What is compared: PyTorch, and our recipe with one part after the other taken away. */
const cases = {
  'pytorch-adam-64': { torch: { batch: 64 } },
  'pytorch-adam-16': { torch: { batch: 16 } },
  'plain-64': { ...torchStart, train: { recipe: 'plain', batchSize: 64 } },
  default: { train: {} },
  'default-torch-initialization': { ...torchStart, train: {} },
  'default-batches-of-64': { train: { batchSize: 64, optimizer: { ...adam, denseEvery: 1 } } },
  'default-dense-every-step': { train: { optimizer: { ...adam, denseEvery: 1 } } },
  'default-dense-factor-1': { train: { optimizer: { ...adam, denseFactor: 1 } } },
  'default-fixed-rate': { train: { schedule: { policy: 'fixed' } } },
};

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

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ae-bench-recipes-'));
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
    fs.writeFileSync(values.out, `${JSON.stringify({ benchmark: 'recipes', machine, settings, results }, null, 2)}\n`);
  }
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
