/** Flags that leave training to PyTorch, on this machine or on others. */
import process from 'node:process';
import type { Autoencoder } from '@ae/autoencoder';
import type { Elsewhere } from '@ae/autoencoder/torchrun';
import type { Option } from 'commander';
import type { EngineOptions } from '../network/engine';
import { CliError } from '../shell/cli-error';
import { FlagOption, numberOption, parseNumber } from '../shell/options';
import { lmdbPlaces } from './torch-data';
import type { TrainingData } from './training-data';

export interface TorchrunFlags {
  readonly backend?: EngineOptions['backend'] | 'torchrun';
  readonly threads?: EngineOptions['threads'];
  readonly processes?: number;
  readonly restarts?: number;
  readonly handOver?: string;
}

const counted = { min: 1, max: 1024, integer: true };

export function processesOption(): Option {
  // The library's option for a Python is an environment variable here.
  const typed = new Map([
    ['processes', '--processes'],
    ['python', 'AE_PYTHON'],
  ]);
  const help = 'processes that share the images of each update, with --backend torchrun (default: 1)';
  return new FlagOption('--processes <n>', help, { typedFor: typed, ranges: [counted] }).argParser((text) =>
    parseNumber('--processes', text, counted),
  );
}

export function restartsOption(): Option {
  const help = 'times to restart from the last checkpoint after a process dies, with --backend torchrun (default: 0)';
  return numberOption('--restarts <n>', help, { min: 0, integer: true });
}

export const handOverHelp =
  'instead of training here, write a folder for torchrun to train on other machines (see docs/more-machines.md)';

/** Throws for flags that cannot be combined. */
export function checkTorchrunFlags(flags: TorchrunFlags & Readonly<Record<string, unknown>>): void {
  const { backend, handOver } = flags;
  const given = (name: string) => flags[name] !== undefined;
  for (const name of ['processes', 'restarts']) {
    if (!given(name) || backend === 'torchrun') continue;
    throw new CliError('INVALID_OPTION', `--${name} requires --backend torchrun; add it, or leave --${name} out.`);
  }
  const others = handOver === undefined ? [] : ['out', 'resume', 'minutes', 'processes', 'restarts'];
  const other = others.find(given);
  if (other) refuse('--hand-over', other);
  if (backend === 'torchrun' && given('minutes')) refuse('--backend torchrun', 'minutes');
}

function refuse(flag: string, other: string): never {
  throw new CliError('INVALID_OPTION', `${flag} cannot be combined with --${other}; leave one out.`);
}

/** The engine for everything that is not left to PyTorch: initial weights, scores, reports. */
export function engineOf({ backend, threads }: TorchrunFlags): EngineOptions {
  return { backend: backend === 'torchrun' ? 'auto' : backend, threads };
}

/** Returns what trains in place of the engine; undefined if the engine itself does. Throws INVALID_OPTION for data that it cannot read. */
export async function elsewhereOf(
  { backend, processes, threads, restarts: maxRestarts }: TorchrunFlags,
  data: TrainingData,
  network: () => Autoencoder,
): Promise<Elsewhere | undefined> {
  if (backend !== 'torchrun') return undefined;
  const { torchrun } = await import('@ae/autoencoder/torchrun');
  return torchrun({
    ...{ network, ...lmdbPlaces(data), processes, maxRestarts, python: process.env.AE_PYTHON || 'python3' },
    // The processes that were requested share the work here, too.
    ...(typeof threads === 'number' && { threads: Math.max(1, Math.floor(threads / (processes ?? 1))) }),
  });
}
