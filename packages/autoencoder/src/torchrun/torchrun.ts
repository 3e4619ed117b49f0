import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Autoencoder } from '../autoencoder/autoencoder';
import { AutoencoderError, checkKeys, checkNumber } from '../errors/errors';
import { psnrDb } from '../evaluation/metrics/psnr';
import { writeTextAtomically } from '../files/atomic-file';
import type { Elsewhere, ElsewhereListener, ElsewhereTask, PreparedTask } from '../training/elsewhere';
import type { EpochSummary, StepProgress } from '../training/training-events';
import type { TrainingPlan } from '../training/training-plan';
import { checkTorchTraining } from './check-training';
import type { LmdbPlace } from './describe-task';
import { checkPython } from './python';
import { programFile, recipeFile, writeTask } from './write-task';

/** Options of `torchrun`. */
export interface TorchrunOptions {
  /** Returns the network that is trained, when training begins. */
  readonly network: () => Autoencoder;
  /** The LMDB that contains the images passed to `train`. */
  readonly train: LmdbPlace;
  /** The LMDB of the validation images. */
  readonly validation?: LmdbPlace;
  /** Number of processes that share the images of an update. Default 1. */
  readonly processes?: number;
  /** Threads per process, on CPUs. Default: its share of the cores. */
  readonly threads?: number;
  /** How many times torchrun restarts from the last checkpoint after a process has ended. Default 0. */
  readonly maxRestarts?: number;
  /** A Python with torch, numpy, lmdb and safetensors. Default 'python3'. */
  readonly python?: string;
}

const keys = ['network', 'train', 'validation', 'processes', 'threads', 'maxRestarts', 'python'];

/** What is reported about an update and an epoch. */
type StepEvent = Pick<
  StepProgress,
  'epoch' | 'step' | 'loss' | 'learningRate' | 'images' | 'elapsedMs' | 'imagesPerSecond'
>;
type TorchEvent =
  | ({ readonly event: 'step' } & StepEvent)
  | ({ readonly event: 'epoch' } & EpochSummary)
  | { readonly event: 'error'; readonly message: string };

/** Number of last lines that torchrun and its processes wrote that are kept. */
const keptLines = 1000;

/** Where they are when training has failed. */
const outputFile = 'errors.txt';

/**
 * Makes the value of `train({ elsewhere })` that trains with PyTorch: torchrun starts train_ddp.py, which is put in the run's folder
 * torchrun/ together with the network and the recipe. `train` then throws INVALID_OPTION for what PyTorch would train differently,
 * DEPENDENCY_MISSING for a Python without the required packages, DIVERGED, and CHECK_FAILED if a process ended early.
 */
export function torchrun(options: TorchrunOptions): Elsewhere {
  checkKeys('torchrun', options, keys);
  const { processes = 1, threads = 1, maxRestarts = 0 } = options;
  checkNumber('processes', processes, { min: 1, integer: true });
  checkNumber('threads', threads, { min: 1, integer: true });
  checkNumber('maxRestarts', maxRestarts, { min: 0, integer: true });
  return new Torchrun(options);
}

/** What was written for a training run, and where. */
interface Prepared {
  readonly folder: string;
  readonly plan: TrainingPlan;
}

class Torchrun implements Elsewhere {
  readonly name = 'torchrun';
  readonly #options: TorchrunOptions;
  #prepared?: Prepared;

  constructor(options: TorchrunOptions) {
    this.#options = options;
  }

  async check(task: ElsewhereTask): Promise<void> {
    checkTorchTraining(task);
    const { python = 'python3', train, validation } = this.#options;
    await checkPython(python, { files: [train, validation].some((place) => place?.files) });
  }

  async prepare(task: PreparedTask): Promise<void> {
    const { network, train, validation } = this.#options;
    const folder = path.join(task.run.folder, 'torchrun');
    await writeTask(folder, network(), task, { train, validation }, '..');
    this.#prepared = { folder, plan: task.plan };
  }

  get #ready(): Prepared {
    if (!this.#prepared) throw new RangeError('train() was called before prepare()');
    return this.#prepared;
  }

  async train(options: ElsewhereListener): Promise<boolean> {
    const { python = 'python3', processes = 1, threads, maxRestarts = 0 } = this.#options;
    const { folder } = this.#ready;
    const launcher = ['-m', 'torch.distributed.run', '--standalone', '--nproc-per-node', String(processes)];
    const program = [path.join(folder, programFile), path.join(folder, recipeFile), '--events'];
    if (threads !== undefined) program.push('--threads', String(threads));
    const args = [...launcher, '--max-restarts', String(maxRestarts), ...program];
    const output = path.join(folder, outputFile);
    await rm(output, { force: true });
    const { status, told, lines } = await this.#run(python, args, options);
    if (status === 0 || options.signal?.aborted) return true;
    await writeTextAtomically(output, `${lines.join('\n')}\n`);
    throw this.#failure(told[0], lines);
  }

  #run(
    python: string,
    args: readonly string[],
    options: ElsewhereListener,
  ): Promise<{ status: number | null; told: string[]; lines: string[] }> {
    return new Promise((resolve, reject) => {
      // Its own process group: interrupting this process must not end those before they have saved.
      const child = spawn(python, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: process.platform !== 'win32' });
      const stop = () => child.kill('SIGTERM');
      options.signal?.addEventListener('abort', stop);
      const told: string[] = [];
      const lines: string[] = [];
      onLines(child.stdout, (line) => this.#tell(line, options, told));
      onLines(child.stderr, (line) => {
        lines.push(line);
        if (lines.length > keptLines) lines.shift();
      });
      child.on('error', reject);
      child.on('close', (status) => {
        options.signal?.removeEventListener('abort', stop);
        resolve({ status, told, lines });
      });
    });
  }

  #tell(line: string, { onStep, onEpoch }: ElsewhereListener, errors: string[]): void {
    const { plan } = this.#ready;
    const event = parseEvent(line);
    if (event?.event === 'error') errors.push(event.message);
    else if (event?.event === 'epoch') {
      const { event: _, ...summary } = event;
      void onEpoch?.(summary);
    } else if (event) {
      // It continued.
      errors.length = 0;
      const { event: _, ...step } = event;
      const { scale } = this.#options.network().pixels;
      const score = plan.recipe.loss.name === 'mse' && { psnrDb: psnrDb(step.loss, 255 * scale) };
      onStep?.({ ...step, ...score, epochs: plan.epochs, steps: plan.stepsPerEpoch * plan.epochs });
    }
  }

  /** `told`: what the program itself said. */
  #failure(told: string | undefined, lines: readonly string[]): AutoencoderError {
    const { folder } = this.#ready;
    if (told?.startsWith('Training diverged')) {
      const state = `${told.replace(/^T/, 't').replace(/\.$/, '')}; the last good checkpoint is in ${path.dirname(folder)}`;
      const todo = 'train again with a smaller learning rate, or clip the norm of the gradients';
      return new AutoencoderError('DIVERGED', { state, todo });
    }
    const resume = 'resume the run once that is fixed';
    return new AutoencoderError('CHECK_FAILED', {
      state: `torchrun ended early: ${(told ?? causeOf(lines)).replace(/\.$/, '')}`,
      todo: told ? resume : `see ${path.join(folder, outputFile)} for all that it wrote, and ${resume}`,
    });
  }
}

function parseEvent(line: string): TorchEvent | undefined {
  if (!line.startsWith('{"event"')) return undefined;
  return JSON.parse(line, (key, value) =>
    value === 'Infinity' && key.endsWith('Db') ? Number.POSITIVE_INFINITY : value,
  );
}

/** Returns the last line that a process wrote before torchrun gave its own account, or else how the process ended. */
function causeOf(lines: readonly string[]): string {
  const ends = lines.findIndex((line) =>
    /torch\/distributed\/elastic\/.*(failed \(exitcode|closing signal)/.test(line),
  );
  const written = ends < 0 ? lines : lines.slice(0, ends);
  const last = written.findLast((line) => /\w/.test(line) && !line.startsWith('Setting OMP_NUM_THREADS'));
  return last?.trim() ?? /failed \(.*?\)/.exec(lines.join('\n'))?.[0] ?? 'a process ended without a message';
}

/** Calls `take` with each complete line of a stream. */
function onLines(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (data: string) => {
    const lines = (rest + data).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
}
