/** Training by PyTorch: the same as by an engine here, whatever the number of processes, and whichever of the two resumes a run. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { findPython } from '@ae/testing/python';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collect, discPixels, jsonLines, makeFolder, makeLmdb, remove } from './ae';
import { aeOk } from './one-process';

const python = findPython(['torch', 'lmdb', 'numpy', 'safetensors'], 'training by torchrun');

const folder = makeFolder();
afterAll(() => remove(folder));
const inFolder = (...names: string[]) => path.join(folder, ...names);

/** Planar, blue first, as records are. */
const record = (number: number) => {
  const pixels = discPixels(number, 16);
  const data = Uint8Array.from({ length: 768 }, (_, i) => pixels[(i % 256) * 3 + 2 - Math.floor(i / 256)]);
  return { channels: 3, height: 16, width: 16, data, label: 0 };
};

beforeAll(async () => {
  await makeLmdb(
    inFolder('train.lmdb'),
    Array.from({ length: 42 }, (_, i) => record(i)),
  );
  await makeLmdb(
    inFolder('val.lmdb'),
    Array.from({ length: 7 }, (_, i) => record(100 + i)),
  );
});

const quiet = ['--no-report', '--no-pca', '--json'];
const common = ['train.lmdb', '--val', 'val.lmdb', '-c', '12', '-b', '8', '--seed', '3', '--mirror', ...quiet];
// Threads that wait for each other take much longer if others compute, too: one thread per process.
const torch = (processes: number) => [
  ...['--backend', 'torchrun', '--processes', String(processes), '--threads', String(processes)],
];
const everyLoss = ['--set', 'log-every=1'];

interface Line {
  readonly type: string;
  readonly step: number;
  readonly loss: number;
  readonly validation?: { readonly mse: number; readonly psnrDb: number };
}

const metricsOf = (run: string) => jsonLines(readFileSync(inFolder(run, 'metrics.jsonl'), 'utf8')) as unknown as Line[];
const lossesOf = (run: string) => metricsOf(run).flatMap(({ type, loss }) => (type === 'step' ? [loss] : []));
const epochsOf = (run: string) => metricsOf(run).filter(({ type }) => type === 'epoch');
const largestDifference = (a: readonly number[], b: readonly number[]) => {
  expect(a.length).toBe(b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - b[i])));
};
const psnrOf = (run: string) => epochsOf(run).at(-1)?.validation?.psnrDb ?? Number.NaN;

async function scoreOf(run: string): Promise<number> {
  const [line] = jsonLines(await aeOk(folder, 'test', run, 'val.lmdb', '--json', '--no-baselines'));
  return (line as { masks: { own: { psnrDb: number } } }).masks.own.psnrDb;
}

describe.skipIf(!python)('torchrun', { timeout: 300_000 }, () => {
  beforeAll(async () => {
    await aeOk(folder, 'train', ...common, '--epochs', '4', '--out', 'wasm', ...everyLoss);
    await aeOk(folder, 'train', ...common, '--epochs', '4', '--out', 'one', ...everyLoss, ...torch(1));
  }, 300_000);

  test('trains like an engine here: the first 20 losses agree to 1e-4, the final scores to 0.01 dB', async () => {
    const [wasm, one] = [lossesOf('wasm'), lossesOf('one')];
    expect(wasm.length).toBe(24);
    expect(largestDifference(wasm.slice(0, 20), one.slice(0, 20))).toBeLessThan(1e-4);
    expect(Math.abs(psnrOf('wasm') - psnrOf('one'))).toBeLessThan(0.01);
    // Back here: the network that was trained there, on the engine.
    expect(Math.abs((await scoreOf('one')) - psnrOf('one'))).toBeLessThan(0.01);
    expect(existsSync(inFolder('one', 'model', 'model.json'))).toBe(true);
    expect(readdirSync(inFolder('one', 'samples'))).toEqual(['epoch-0004.png']);
    await aeOk(folder, 'report', 'one', '--no-baselines');
    expect(existsSync(inFolder('one', 'report.html'))).toBe(true);
  });

  test('trains the same network in two processes as in one', async () => {
    await aeOk(folder, 'train', ...common, '--epochs', '4', '--out', 'two', ...everyLoss, ...torch(2));
    expect(largestDifference(lossesOf('one'), lossesOf('two'))).toBeLessThan(1e-5);
  });

  test('continues a run that was started here, which is then continued here', async () => {
    const fixed = [
      'train.lmdb',
      '--val',
      'val.lmdb',
      '--code-size',
      '12',
      '--recipe',
      'plain',
      '--batch-size',
      '8',
      ...quiet,
    ];
    await aeOk(folder, 'train', ...fixed, '--epochs', '3', '--out', 'alone', ...everyLoss);
    await aeOk(folder, 'train', ...fixed, '--epochs', '1', '--out', 'turns', ...everyLoss);
    const resume = (epochs: number, ...more: string[]) =>
      aeOk(folder, 'train', '--resume', 'turns', '--epochs', String(epochs), ...quiet, ...everyLoss, ...more);
    await resume(2, ...torch(2));
    await resume(3);
    expect(largestDifference(lossesOf('alone'), lossesOf('turns'))).toBeLessThan(1e-4);
    expect(Math.abs(psnrOf('alone') - psnrOf('turns'))).toBeLessThan(0.01);
    const { resumed } = JSON.parse(readFileSync(inFolder('turns', 'config.json'), 'utf8'));
    expect(resumed.map(({ backend }: { backend: { name: string } }) => backend.name)).toEqual(['torchrun', 'wasm']);
  });

  test('trains preset transform from initial weights that are computed here, with averages, clipping and several batches per update', async () => {
    const args = ['train.lmdb', '--preset', 'transform', '--code-size', '24', '--epochs', '4', ...quiet, ...everyLoss];
    const recipe = ['--batch-size', '4', '--accumulate', '2', '--average-decay', '0.9', '--crop', '14'];
    await aeOk(folder, 'train', ...args, ...recipe, '--out', 'transform-wasm');
    await aeOk(folder, 'train', ...args, ...recipe, '--out', 'transform-torch', ...torch(2));
    expect(largestDifference(lossesOf('transform-wasm'), lossesOf('transform-torch'))).toBeLessThan(1e-4);
  });

  test('a training run that was handed over survives kills and other numbers of processes', async () => {
    // Small steps, so that differences of rounding do not grow. Batches differ by a hundred times the tolerance.
    const slowly = ['--epochs', '30', '--learning-rate', '0.0001', ...everyLoss];
    await aeOk(folder, 'train', ...common, ...slowly, '--out', 'whole', ...torch(2));
    const args = [...slowly, '--checkpoint-every', '4', '--hand-over', 'handed'];
    await aeOk(folder, 'train', ...common, ...args);
    expect(readdirSync(inFolder('handed'))).toEqual(
      expect.arrayContaining(['README.md', 'expected.json', 'run', 'slurm.sbatch', 'torchrun.sh']),
    );
    const start = (processes: number, ...more: string[]) => {
      const launcher = ['-m', 'torch.distributed.run', '--standalone', '--nproc-per-node', String(processes)];
      const program = [inFolder('handed', 'train_ddp.py'), inFolder('handed', 'recipe.json'), '--threads', '1'];
      const child = spawn(python as string, [...launcher, '--max-restarts', '1', ...program, ...more]);
      return { child, finished: collect(child) };
    };
    expect((await start(1, '--check').finished).stdout).toContain('The first 6 losses are those that are expected.');
    expect(readFileSync(inFolder('handed', 'run', 'metrics.jsonl'), 'utf8')).toBe('');
    const { finished } = start(2);
    const first = () => JSON.parse(readFileSync(inFolder('handed', 'run', 'lock.json'), 'utf8')).pid;
    const untilEnd = finished.then(({ stderr }) => Promise.reject(new Error(stderr)));
    await Promise.race([untilStep('handed/run', 30), untilEnd]);
    process.kill(first(), 'SIGKILL');
    // In the first half of an epoch of six updates.
    await Promise.race([untilStep('handed/run', 61), untilEnd]);
    untilEnd.catch(() => {});
    process.kill(first(), 'SIGTERM');
    expect((await finished).code).toBe(0);
    expect((await stateOf('handed/run')).step).toBeLessThan(180);
    expect((await start(1).finished).code).toBe(0);
    expect(largestDifference(lossesOf('whole'), lossesOf('handed/run'))).toBeLessThan(1e-4);
    await aeOk(folder, 'train', '--resume', 'handed/run', ...quiet);
    expect(Math.abs((await scoreOf('handed/run')) - psnrOf('whole'))).toBeLessThan(0.01);
  }, 300_000);
});

/** Waits until an update has been logged. */
async function untilStep(run: string, step: number): Promise<void> {
  const began = Date.now();
  for (;;) {
    const file = inFolder(run, 'metrics.jsonl');
    const last = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').at(-1) : '';
    const match = /"step": ?(\d+)/.exec(last ?? '');
    if (match && Number(match[1]) >= step) return;
    if (Date.now() - began > 120_000) throw new Error(`no step ${step} in two minutes`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Reads what the newest checkpoint of a run says about its training. */
async function stateOf(run: string): Promise<{ readonly step: number }> {
  const { last } = JSON.parse(readFileSync(inFolder(run, 'checkpoints', 'index.json'), 'utf8'));
  const bytes = readFileSync(inFolder(run, 'checkpoints', last));
  const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString());
  return JSON.parse(header.__metadata__.state).training;
}
