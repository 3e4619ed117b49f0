import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { diverged } from '../diverged';
import { AutoencoderError, checkKeys, checkNumber, checkText } from '../errors';
import { saveModel } from '../model-folder';
import { samplesToTensor, valuesToSamples } from '../pixels';
import type { Sample } from '../samples';
import type { TrainableModel } from '../trainable-model';
import type { CheckpointSaved, EpochSummary, StepProgress, TrainingWarning } from '../training-events';
import type { TrainingSession, TrainingState } from '../training-session';
import { writeFileAtomically, writeTextAtomically } from './atomic-file';
import { type Snapshot, takeSnapshot } from './checkpoint-file';
import { type CheckpointEntry, Checkpoints } from './checkpoints';
import { type LogPosition, MetricsLog } from './metrics-log';
import { encodePng } from './png';
import { checkUnchanged, configFile, type RunConfig, readRunConfig, renamed } from './run-config';
import { RunLock } from './run-lock';
import { drawSampleGrid } from './sample-grid';
import { EventWriter } from './tensorboard';

/** Where training writes what it does, and how often. */
export interface RunOptions {
  /** A new or empty folder, or with `resume` that of a run. */
  readonly folder: string;
  /** Go on from the last checkpoint of a run, with the same options and data. Default false. */
  readonly resume?: boolean;
  /** Updates between checkpoints within an epoch, beside those at its end. Default: none. */
  readonly checkpointSteps?: number;
  /** How many of the last checkpoints are kept, beside the best one. Default 2. */
  readonly keep?: number;
  /** Updates between two lines of metrics. Default: about 100 lines an epoch. */
  readonly logSteps?: number;
  /** Images in the sample grid of each epoch. Default 8. */
  readonly sampleCount?: number;
  /** The command that makes the run, to be recorded. */
  readonly command?: string;
  /** Names of the data, to be recorded. */
  readonly dataNames?: { readonly train?: string; readonly validation?: string };
  /** Where the data lies whatever the working folder is, to be recorded. */
  readonly dataPaths?: { readonly train?: string; readonly validation?: string };
}

/** Throws INVALID_OPTION for unknown options and values out of range. */
export function checkRunOptions(options: RunOptions): void {
  const known = [
    'folder',
    'resume',
    'checkpointSteps',
    'keep',
    'logSteps',
    'sampleCount',
    'command',
    'dataNames',
    'dataPaths',
  ];
  checkKeys('run', options, known);
  checkText('run, folder', options.folder);
  for (const key of ['checkpointSteps', 'keep', 'logSteps', 'sampleCount'] as const) {
    checkNumber(`run, ${key}`, options[key] ?? 1, { min: 1, integer: true });
  }
}

/** What a run is told of the training it belongs to. */
export interface RunContext {
  readonly trainable: TrainableModel;
  readonly config: RunConfig;
  /** Images to reconstruct after each epoch. */
  readonly samples: readonly Sample[];
  readonly stepsPerEpoch: number;
  readonly onCheckpoint?: (saved: CheckpointSaved) => void;
  readonly onWarning?: (warning: TrainingWarning) => void;
}

/** A dense layer's millions would take longer than a checkpoint. */
const maxHistogramValues = 2 ** 14;

/** What a checkpoint's file says beside its tensors. */
interface SavedState {
  readonly training: TrainingState;
  readonly log: LogPosition;
}

/**
 * The folder of a training run: config.json, metrics.jsonl and metrics.csv, tensorboard/, checkpoints/, samples/ and in the
 * end model/. What fails to be written while training goes on becomes a warning; `finish` throws what is still missing.
 */
export class RunFolder {
  private metrics!: MetricsLog;
  private events!: EventWriter;
  private lastFlush = performance.now();
  private logsFail = false;
  /** The last one, for the next to use its memory. */
  private snapshot?: Snapshot;
  /** What is being written while training goes on. */
  private saving: Promise<void> = Promise.resolve();
  private drawing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly options: RunOptions,
    private readonly context: RunContext,
    private readonly checkpoints: Checkpoints,
    private readonly lock: RunLock,
  ) {}

  /**
   * Makes the folder, or opens that of a run to be resumed; `close` it in the end. Throws OUTPUT_EXISTS for a folder that holds
   * something, RUN_NOT_FOUND or OPTIONS_CHANGED when there is nothing to resume, RUN_IN_USE when another process trains it.
   */
  static async open(options: RunOptions, context: RunContext): Promise<RunFolder> {
    const { folder, resume = false, keep = 2 } = options;
    if (resume) checkUnchanged(folder, await readRunConfig(folder), context.config);
    else await claim(folder);
    const lock = await RunLock.take(folder);
    try {
      await mkdir(path.join(folder, 'samples'), { recursive: true });
      if (!resume) await writeConfig(folder, context.config);
      return new RunFolder(options, context, await Checkpoints.open(path.join(folder, 'checkpoints'), keep), lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Waits for what is being written, and lets others have the folder. */
  async close(): Promise<void> {
    await this.settle();
    await this.lock.release();
  }

  /** The checkpoint to go back to, where there is one. */
  get lastCheckpoint(): string | undefined {
    const { last } = this.checkpoints;
    return last && this.checkpoints.pathOf(last);
  }

  /** Puts `session` where the last checkpoint left it, or leaves it at the beginning; then opens the logs to go on from there. */
  async start(session: TrainingSession): Promise<void> {
    const saved = await this.loadLast(session);
    const { folder, resume } = this.options;
    this.metrics = await MetricsLog.open(folder, saved?.log);
    this.events = await EventWriter.open(path.join(folder, 'tensorboard'), session.at.step + 1);
    if (resume) await this.recordResumption(session.at.step);
  }

  private async loadLast(session: TrainingSession): Promise<SavedState | undefined> {
    for (let { last } = this.checkpoints; last; last = this.checkpoints.last) {
      try {
        const { state, tensors } = await this.checkpoints.load(last);
        checkTensors(this.checkpoints.pathOf(last), session, tensors);
        const saved = state as SavedState;
        session.restore(saved.training, tensors);
        tf.dispose(tensors as tf.TensorContainer);
        return saved;
      } catch (error) {
        if (!(error instanceof AutoencoderError) || error.code !== 'CHECKPOINT_INVALID') throw error;
        this.warn(error);
        await this.checkpoints.drop(last);
      }
    }
    return undefined;
  }

  private async recordResumption(step: number): Promise<void> {
    const config = await readRunConfig(this.options.folder);
    const { versions, backend, data } = this.context.config;
    await writeConfig(this.options.folder, {
      ...config,
      data: renamed(config.data, data),
      resumed: [...(config.resumed ?? []), { step, versions, backend }],
    });
  }

  /** Takes note of an update. */
  async step(progress: StepProgress): Promise<void> {
    const { logSteps = Math.ceil(this.context.stepsPerEpoch / 100) } = this.options;
    if (progress.step % logSteps !== 0 && progress.step !== 1) return;
    const { epoch, step, loss, divergence, penalty, learningRate, imagesPerSecond, elapsedMs } = progress;
    this.metrics.add({
      type: 'step',
      step,
      epoch,
      loss,
      divergence,
      penalty,
      learningRate,
      imagesPerSecond,
      elapsedMs,
    });
    this.events.scalar(step, 'loss', loss);
    this.events.scalar(step, 'learning_rate', learningRate);
    this.events.scalar(step, 'images_per_second', imagesPerSecond);
    if (divergence !== undefined) this.events.scalar(step, 'divergence', divergence);
    if (penalty !== undefined) this.events.scalar(step, 'penalty', penalty);
    // Somebody may be watching, but no faster than this.
    if (performance.now() - this.lastFlush > 1000) await this.flush();
  }

  /** Says whether a checkpoint is due after `step` updates, within an epoch. */
  isCheckpointDue(step: number): boolean {
    const { checkpointSteps } = this.options;
    return checkpointSteps !== undefined && step % checkpointSteps === 0;
  }

  /** Draws the run's images and their reconstructions by the network as it is; `settle` waits until they are written. */
  async drawSamples(epoch: number, step: number): Promise<void> {
    await this.drawing;
    const { samples, trainable } = this.context;
    const { inputShape, pixels, model } = trainable;
    const output = tf.tidy(() => model.apply(samplesToTensor(samples, inputShape, pixels)) as tf.Tensor4D);
    const reconstructions = valuesToSamples(await output.data(), inputShape, pixels);
    output.dispose();
    const grid = drawSampleGrid([samples, reconstructions]);
    const png = encodePng(grid);
    this.events.image(step, 'samples', png, grid);
    const file = path.join(this.options.folder, 'samples', `epoch-${String(epoch).padStart(4, '0')}.png`);
    this.drawing = this.attempt(() => writeFileAtomically(file, (handle) => handle.writeFile(png)));
  }

  /** Takes note of the end of an epoch; `weights` are the network's by name. */
  async epoch(summary: EpochSummary, weights: Readonly<Record<string, tf.Tensor>>): Promise<void> {
    const { step, loss, validation } = summary;
    this.metrics.add({ type: 'epoch', ...summary });
    this.events.scalar(step, 'epoch/loss', loss);
    if (validation) {
      this.events.scalar(step, 'validation/mse', validation.mse);
      this.events.scalar(step, 'validation/psnr_db', validation.psnrDb);
    }
    for (const [name, weight] of Object.entries(weights)) {
      const part = spreadOver(weight, maxHistogramValues);
      this.events.histogram(step, name, (await part.data()) as Float32Array);
      part.dispose();
    }
  }

  /**
   * Saves a checkpoint of the session as it is; `error` is what "best" goes by, null within an epoch. Resolves when it has
   * been copied: it is written while training goes on, and `settle` waits for that. A full disk and the like become a
   * warning, and the checkpoint before stays. Throws DIVERGED instead of saving what is not finite.
   */
  async save(session: TrainingSession, error: number | null): Promise<void> {
    await this.saving;
    const log = await this.flush();
    const { step, epoch } = session.at;
    const about = { step, epochs: epoch - 1, error };
    if (this.isLast(about)) return;
    const state: SavedState = { training: session.state, log };
    this.snapshot = await takeSnapshot(state, session.tensors, this.snapshot);
    const { notFinite } = this.snapshot;
    if (notFinite) throw diverged(`finite numbers in ${notFinite}`, session, this);
    this.saving = this.write(about, this.snapshot);
    // Whoever awaits it gets the error; until then it must not count as unhandled.
    this.saving.catch(() => {});
  }

  private write(about: Pick<CheckpointEntry, 'step' | 'epochs' | 'error'>, snapshot: Snapshot): Promise<void> {
    return this.attempt(async () => {
      const entry = await this.checkpoints.save(about, snapshot);
      const best = this.checkpoints.best === entry;
      const { step, epochs: epoch } = entry;
      this.context.onCheckpoint?.({ file: this.checkpoints.pathOf(entry), step, epoch, best });
    });
  }

  /** Waits until the checkpoint in work and the images, if there are any, have been written or given up. */
  async settle(): Promise<void> {
    await Promise.all([this.saving, this.drawing]);
  }

  private isLast({ step, epochs }: Pick<CheckpointEntry, 'step' | 'epochs'>): boolean {
    const { last } = this.checkpoints;
    return last?.step === step && last.epochs === epochs;
  }

  /** Writes the trained network, and what was not written yet where that is possible. Throws CHECKPOINT_FAILED. */
  async finish(session: TrainingSession): Promise<void> {
    const { trainable, config } = this.context;
    const { step, epoch } = session.at;
    await this.settle();
    try {
      await saveModel(
        trainable.model,
        { version: 1, pixels: config.pixels },
        path.join(this.options.folder, 'model'),
        true,
      );
    } catch (cause) {
      throw new AutoencoderError(
        'CHECKPOINT_FAILED',
        `${this.options.folder}: expected to save the trained network, which failed: ${(cause as Error).message}; ` +
          'free space and resume the run, or save the network elsewhere.',
        { cause },
      );
    }
    if (this.isLast({ step, epochs: epoch - 1 })) await this.flush();
    else await this.save(session, null);
    await this.settle();
  }

  /** Writes what is waiting; returns how long the logs are then. */
  private async flush(): Promise<LogPosition> {
    this.lastFlush = performance.now();
    try {
      await this.writeLogs();
      this.logsFail = false;
    } catch (error) {
      // Once is enough: this happens every second.
      if (!this.logsFail) this.warn(error);
      this.logsFail = true;
    }
    return this.metrics.position;
  }

  private async writeLogs(): Promise<void> {
    await this.metrics.flush();
    await this.events.flush();
  }

  /** Does something that training can go on without. */
  private async attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.warn(error);
    }
  }

  private warn(error: unknown): void {
    const { code, message } = error as Error & { code?: string };
    this.context.onWarning?.({ code: code ?? 'UNKNOWN', message });
  }
}

/** Returns at most `count` values of a tensor, evenly spaced. */
function spreadOver(tensor: tf.Tensor, count: number): tf.Tensor {
  const stride = Math.ceil(tensor.size / count);
  return tf.tidy(() => tf.stridedSlice(tf.reshape(tensor, [-1]), [0], [tensor.size], [stride]));
}

async function claim(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length === 0) return;
  throw new AutoencoderError(
    'OUTPUT_EXISTS',
    `${folder}: expected a new or empty folder for the run, received one that holds something; name another, or resume the run.`,
  );
}

function writeConfig(folder: string, config: RunConfig): Promise<void> {
  return writeTextAtomically(path.join(folder, configFile), `${JSON.stringify(config, null, 2)}\n`);
}

function checkTensors(file: string, session: TrainingSession, tensors: Readonly<Record<string, tf.Tensor>>): void {
  const describe = (all: Readonly<Record<string, tf.Tensor>>) =>
    Object.entries(all).map(([name, { shape }]) => `${name} [${shape}]`);
  const found = new Set(describe(tensors));
  const missing = describe(session.tensors).filter((tensor) => !found.has(tensor));
  if (missing.length === 0) return;
  throw new AutoencoderError(
    'OPTIONS_CHANGED',
    `${file}: expected the tensors of this network and recipe, of which ${missing.length} are missing (the first: ` +
      `${missing[0]}); resume with the network that the run began with.`,
  );
}
