/**
 * Starts a training run that was handed over with each of its files, using stand-ins that set what Slurm, Kubernetes and Kubeflow's
 * operator set: two nodes on this machine, each with its own torchrun. They train the same network as a single process.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { findPython, runPython } from '@ae/testing/python';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collect, jsonLines, makeFolder, makeLmdb, remove } from './ae';
import { aeOk } from './one-process';

const python = findPython(
  ['torch', 'lmdb', 'numpy', 'safetensors', 'kubernetes-validate'],
  'starts of trainings by torchrun',
);
const validate = fileURLToPath(new URL('launch_files.py', import.meta.url));
const folder = makeFolder();
afterAll(() => remove(folder));
const inFolder = (...names: string[]) => path.join(folder, ...names);

/** Programs that stand in for those of a cluster. */
const standIns = {
  torchrun: `exec "${python}" -m torch.distributed.run "$@"`,
  scontrol: 'echo localhost; echo localhost',
  srun: 'set -e\n"$@" &\nfirst=$!\n"$@"\nwait $first',
};

beforeAll(async () => {
  mkdirSync(inFolder('bin'));
  for (const [name, text] of Object.entries(standIns)) {
    writeFileSync(inFolder('bin', name), `#!/usr/bin/env bash\n${text}\n`, { mode: 0o755 });
  }
  const record = (number: number) => {
    const data = Uint8Array.from({ length: 768 }, (_, i) => 128 + 100 * Math.sin(number + i / 7) + ((i * 31) % 20));
    return { channels: 3, height: 16, width: 16, data, label: 0 };
  };
  await makeLmdb(
    inFolder('train.lmdb'),
    Array.from({ length: 12 }, (_, i) => record(i)),
  );
  await makeLmdb(
    inFolder('val.lmdb'),
    Array.from({ length: 4 }, (_, i) => record(100 + i)),
  );
  const args = [
    'train.lmdb',
    '--val',
    'val.lmdb',
    '--code-size',
    '6',
    '--epochs',
    '2',
    '--no-report',
    '--no-pca',
    '--json',
  ];
  const recipe = ['--recipe', 'plain', '--batch-size', '3', '--set', 'log-every=1'];
  await aeOk(folder, 'train', ...args, ...recipe, '--out', 'here');
  await aeOk(folder, 'train', ...args, ...recipe, '--hand-over', 'handed');
}, 60_000);

/** Runs commands at the same time, each in a copy of the folder with its own variables. */
async function runAll(place: string, nodes: readonly { command: readonly string[]; env?: object }[]): Promise<void> {
  const { SLURM_JOB_ID, JOB_COMPLETION_INDEX, ...inherited } = process.env;
  const PATH = [inFolder('bin'), process.env.PATH].join(path.delimiter);
  const ended = nodes.map(({ command: [program, ...args], env }) =>
    collect(spawn(program as string, args, { cwd: place, env: { ...inherited, PATH, OMP_NUM_THREADS: '1', ...env } })),
  );
  for (const { code, stderr } of await Promise.all(ended)) expect(code, stderr).toBe(0);
}

function copyOf(name: string): string {
  cpSync(inFolder('handed'), inFolder(name), { recursive: true });
  for (const data of ['train.lmdb', 'val.lmdb']) cpSync(inFolder(data), inFolder(name, data), { recursive: true });
  return inFolder(name);
}

function lossesOf(run: string): number[] {
  const lines = jsonLines(readFileSync(path.join(run, 'metrics.jsonl'), 'utf8'));
  return lines.map(({ loss }) => loss as number);
}

function expectTrained(place: string): void {
  const [here, there] = [inFolder('here'), path.join(place, 'run')].map(lossesOf);
  expect(there.length).toBe(10);
  expect(Math.max(...here.map((loss, i) => Math.abs(loss - there[i])))).toBeLessThan(1e-5);
}

async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

interface Container {
  readonly command: string[];
}

/** The commands of a manifest's pods, with its volume mapped to a local folder, and one process per pod. */
function commandsOf(place: string, name: string): Container[] {
  const documents = runPython<ReturnType<typeof JSON.parse>>(python as string, validate, path.join(place, name));
  const { spec } = documents.at(-1);
  const templates = spec.pytorchReplicaSpecs ? Object.values(spec.pytorchReplicaSpecs) : [spec];
  return templates.map(({ template }: ReturnType<typeof JSON.parse>) => {
    const { command } = template.spec.containers[0] as Container;
    return { command: command.map((part) => part.replaceAll('/ae/', `${place}/`)) };
  });
}

describe.skipIf(!python || process.platform === 'win32')(
  'a training that was handed over starts',
  { timeout: 240_000 },
  () => {
    test('by sbatch, on two nodes of Slurm', async () => {
      const place = copyOf('slurm');
      // Slurm runs a copy of the script from another folder.
      copyFileSync(path.join(place, 'slurm.sbatch'), inFolder('script'));
      const slurm = {
        SLURM_SUBMIT_DIR: place,
        SLURM_JOB_ID: String(process.pid),
        SLURM_NNODES: '2',
        SLURM_JOB_NODELIST: 'node[1-2]',
      };
      const args = ['--train', 'train.lmdb', '--val', 'val.lmdb', '--threads', '1'];
      await runAll(folder, [{ command: ['bash', inFolder('script'), ...args], env: { ...slurm, PROCESSES: '1' } }]);
      expectTrained(place);
    });

    test('by an Indexed Job, in two pods', async () => {
      const place = copyOf('indexed');
      const port = await freePort();
      const [{ command }] = commandsOf(place, 'indexed-job.yaml');
      const here = (part: string) =>
        part
          .replace('ae-train-0.ae-train', 'localhost')
          .replace('29500', port)
          .replace('--nproc-per-node auto', '--nproc-per-node 1');
      const nodes = ['0', '1'].map((index) => ({ command: command.map(here), env: { JOB_COMPLETION_INDEX: index } }));
      await runAll(place, nodes);
      expectTrained(place);
    });

    test('by a PyTorchJob, in two pods', async () => {
      const place = copyOf('kubeflow');
      const port = await freePort();
      const common = { PET_NNODES: '2', PET_NPROC_PER_NODE: '1', PET_MASTER_ADDR: 'localhost', PET_MASTER_PORT: port };
      const nodes = commandsOf(place, 'pytorchjob.yaml').map(({ command }, i) => ({
        command,
        env: { ...common, PET_NODE_RANK: String(i) },
      }));
      expect(nodes.length).toBe(2);
      await runAll(place, nodes);
      expectTrained(place);
    });
  },
);
