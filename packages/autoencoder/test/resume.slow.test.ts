import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, type FSWatcher, watch } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { testSeed } from '@ae/testing/random';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../src/data/random';
import { useBackend } from '../src/entries/index';
import { readCheckpointFile } from '../src/run/checkpoints/checkpoint-file';
import { bundle, type Program } from './resume/bundle';

const kills = 20;
let program: Program;
let folder: string;

beforeAll(async () => {
  await useBackend('wasm');
  program = await bundle('child');
  folder = await mkdtemp(path.join(tmpdir(), 'ae-resume-'));
}, 60_000);

afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true, force: true });
});

interface Ending {
  /** The output of the child, line by line. */
  readonly lines: string[];
  readonly killed: boolean;
}

/** Runs the child until it ends; `onLine` may kill it. */
function runChild(
  run: string,
  onLine?: (line: string, child: ChildProcess) => void,
  { maxFileKilobytes = 'unlimited', epochs = 40 }: { maxFileKilobytes?: number | 'unlimited'; epochs?: number } = {},
): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const limited = `ulimit -f ${maxFileKilobytes}; exec "$0" "$@"`;
    const command = [limited, process.execPath, program.file, run, String(epochs)];
    const child = spawn('bash', ['-c', ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
    const lines: string[] = [];
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      onLine?.(line, child);
    });
    child.on('close', (code, signal) => {
      if (code === 0 || signal === 'SIGKILL') resolve({ lines, killed: signal === 'SIGKILL' });
      else reject(new Error(`the child ended with ${code ?? signal}: ${errors}`));
    });
  });
}

/** Kills the child when a checkpoint is being written. */
function killWhileSaving(run: string, child: ChildProcess): FSWatcher {
  return watch(path.join(run, 'checkpoints'), (_, name) => {
    if (name?.endsWith('.tmp')) child.kill('SIGKILL');
  });
}

/** The lines of metrics.jsonl without the times, which differ from run to run. */
async function metricsOf(run: string): Promise<unknown[]> {
  const text = await readFile(path.join(run, 'metrics.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => ({ ...JSON.parse(line), elapsedMs: 0, imagesPerSecond: 0 }));
}

/** The tensors of the last checkpoint, bit by bit. */
async function lastTensors(run: string): Promise<Record<string, string>> {
  const index = JSON.parse(await readFile(path.join(run, 'checkpoints/index.json'), 'utf8'));
  const { file, crc32 } = index.checkpoints.find((entry: { file: string }) => entry.file === index.last);
  const { tensors } = await readCheckpointFile(path.join(run, 'checkpoints', file), crc32);
  const entries = Object.entries(tensors).map(([name, tensor]) => {
    const values = tensor.dataSync() as Float32Array;
    tensor.dispose();
    return [name, Buffer.from(values.buffer).toString('base64')] as const;
  });
  return Object.fromEntries(entries);
}

describe('a run that is killed again and again', () => {
  it(`produces the same bits as an uninterrupted one, over ${kills} kills`, { timeout: 300_000 }, async () => {
    const [whole, broken] = [path.join(folder, 'whole'), path.join(folder, 'broken')];
    const reference = await runChild(whole);
    const result = reference.lines.at(-1);
    expect(result).toMatch(/^done [0-9a-f]{64}$/);

    const random = new Random(testSeed);
    let leftovers = 0;
    let killedAt = 0;
    for (let killed = 0; killed < kills; killed++) {
      // After a few updates, half of them during a save, the others at any moment.
      const updates = 1 + Math.floor(8 * random.uniform());
      const delay = 40 * random.uniform();
      let watcher: FSWatcher | undefined;
      let seen = 0;
      const ending = await runChild(broken, (line, child) => {
        if (!line.startsWith('step') || ++seen !== updates) return;
        if (killed % 2 === 0) watcher = killWhileSaving(broken, child);
        else setTimeout(() => child.kill('SIGKILL'), delay);
      });
      watcher?.close();
      expect(ending.killed, 'the training must be long enough for all kills').toBe(true);
      expect(ending.lines.filter((line) => line.startsWith('warning'))).toEqual([]);
      if ((await readdir(path.join(broken, 'checkpoints'))).some((name) => name.endsWith('.tmp'))) leftovers++;
      killedAt = Number(ending.lines.at(-1)?.slice('step '.length));
    }
    expect(killedAt, 'the kills must be spread over many epochs of 6 updates').toBeGreaterThan(5 * 6);
    expect(leftovers, 'some kills must have hit a save').toBeGreaterThan(0);

    const { lines } = await runChild(broken);
    expect(lines.at(-1)).toBe(result);
    expect(await metricsOf(broken)).toEqual(await metricsOf(whole));
    expect(await lastTensors(broken)).toEqual(await lastTensors(whole));
    expect(existsSync(path.join(broken, 'model/model.json'))).toBe(true);
  });
});

// A limit on the size of files simulates a full disk: it needs no privileges, and writing fails in the same places.
describe('a run whose checkpoints can no longer be written', () => {
  const epochs = 6;

  it('continues, warns, and keeps the previous checkpoint', { timeout: 60_000 }, async () => {
    const run = path.join(folder, 'full');
    await runChild(run, (line, child) => line === 'step 12' && child.kill('SIGKILL'), { epochs });
    const before = await lastTensors(run);
    const { lines } = await runChild(run, undefined, { maxFileKilobytes: 200, epochs });
    const warnings = lines.filter((line) => line.startsWith('warning'));
    expect(warnings[0]).toMatch(
      /step-0000000\d\d-epoch-\d{4}\.safetensors: the checkpoint could not be saved: .*; step-.* stays/,
    );
    expect(await lastTensors(run)).toEqual(before);
    expect((await readdir(path.join(run, 'checkpoints'))).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(lines.at(-1)).toMatch(/^done/);
    // There was room for the network itself; the run can still be resumed from the old checkpoint, to the same bits.
    expect(existsSync(path.join(run, 'model/model.json'))).toBe(true);
    expect((await runChild(run, undefined, { epochs })).lines.at(-1)).toBe(lines.at(-1));
  });

  it('ends with a clear message if there is no room for the network itself', { timeout: 60_000 }, async () => {
    const run = path.join(folder, 'fuller');
    await expect(runChild(run, undefined, { maxFileKilobytes: 30, epochs })).rejects.toThrow(
      /fuller: the trained network could not be saved: .*; free space and resume the run/,
    );
    expect(existsSync(path.join(run, 'model'))).toBe(false);
    expect((await readdir(run)).sort()).toEqual([
      'checkpoints',
      'config.json',
      'metrics.csv',
      'metrics.jsonl',
      'samples',
      'tensorboard',
    ]);
  });
});
