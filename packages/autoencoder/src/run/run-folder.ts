import path from 'node:path';
import { makeFolders } from '@ae/ground/make-folders';
import { drawGrid, encodePng } from '@ae/images/png';
import * as tf from '@tensorflow/tfjs-core';
import type { Sample } from '../data/samples';
import { AutoencoderError } from '../errors';
import { reconstructSamples } from '../evaluation/evaluate';
import { writeFileAtomically, writeTextAtomically } from '../files/atomic-file';
import { saveModel } from '../network/model-folder';
import type { Network } from '../network/network';
import { diverged } from '../training/diverged';
import type { RunOptions } from '../training/run-options';
import type { CheckpointSaved, EpochSummary, StepProgress, TrainingWarning } from '../training/training-events';
import type { TrainingRecord } from '../training/training-record';
import type { TrainingPlan, TrainingSession } from '../training/training-session';
import { type Checkpoint, damaged, type Snapshot, takeSnapshot } from './checkpoint-file';
import { expectSavedState, type SavedState } from './checkpoint-state';
import { type CheckpointEntry, Checkpoints } from './checkpoints';
import { Unexpected } from './expectations';
import { type LogPosition, MetricsLog } from './metrics-log';
import { checkNewRun } from './new-run';
import { checkUnchanged, configFile, type RunConfig, readRunConfig, renamed, startFolder } from './run-config';
import { isMissing } from './run-file';
import { RunLock } from './run-lock';
import { EventWriter } from './tensorboard';

/** What a run is told of the training it belongs to. */
export interface RunContext {
  readonly network: Network;
  readonly config: RunConfig;
  /** Images to reconstruct after each epoch. */
  readonly samples: readonly Sample[];
  readonly plan: TrainingPlan;
  readonly onCheckpoint?: (saved: CheckpointSaved) => void;
  readonly onWarning?: (warning: TrainingWarning) => void;
}

/** A dense layer's millions would take longer than a checkpoint. */
const maxHistogramValues = 2 ** 14;

/**
 * The folder of a training run: config.json, metrics.jsonl and metrics.csv, tensorboard/, checkpoints/, samples/ and in the
 * end model/. What fails to be written while training goes on becomes a warning; `finish` throws what is still missing.
 */
export class RunFolder implements TrainingRecord {
  #metrics!: MetricsLog;
  #events!: EventWriter;
  #lastFlush = performance.now();
  #logsFail = false;
  /** The last one, for the next to use its memory. */
  #snapshot?: Snapshot;
  /** What is being written while training goes on. */
  #saving: Promise<void> = Promise.resolve();
  #drawing: Promise<void> = Promise.resolve();
  readonly #options: RunOptions;
  readonly #context: RunContext;
  readonly #checkpoints: Checkpoints;
  readonly #lock: RunLock;
  readonly #before?: RunConfig;

  private constructor(
    options: RunOptions,
    context: RunContext,
    checkpoints: Checkpoints,
    lock: RunLock,
    /** Of a run that is resumed: its config.json as it was. */
    before?: RunConfig,
  ) {
    this.#options = options;
    this.#context = context;
    this.#checkpoints = checkpoints;
    this.#lock = lock;
    this.#before = before;
  }

  /**
   * Makes the folder, or opens that of a run to be resumed; `close` it in the end. Throws OUTPUT_EXISTS for a folder that holds
   * something else than a run that was stopped before its first checkpoint, RUN_NOT_FOUND, RUN_INVALID or OPTIONS_CHANGED when there
   * is nothing to resume, RUN_IN_USE when another process trains it.
   */
  static async open(options: RunOptions, context: RunContext): Promise<RunFolder> {
    const { folder, resume = false, keep = 2 } = options;
    if (!resume) {
      await checkNewRun(folder);
      makeFolders(folder);
    }
    const lock = await takeLock(folder);
    try {
      // Read once, and not before the lock is ours: until then another process may lengthen the run.
      const before = resume ? await readRunConfig(folder) : undefined;
      if (before) checkUnchanged(folder, before, context.config);
      // Again, for another process may have used the folder before the lock was ours.
      if (!resume) await checkNewRun(folder);
      makeFolders(path.join(folder, 'samples'));
      const checkpoints = await Checkpoints[resume ? 'open' : 'begin'](path.join(folder, 'checkpoints'), keep);
      if (!resume && options.from !== undefined) await saveStart(folder, context);
      // The last thing to be made: with it the folder is that of a run, which can be resumed.
      if (!resume) await writeConfig(folder, context.config);
      return new RunFolder(options, context, checkpoints, lock, before);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Waits for what is being written, and lets others have the folder. */
  async close(): Promise<void> {
    await this.settle();
    await this.#lock.release();
  }

  /** The checkpoint to go back to, where there is one. */
  get lastCheckpoint(): string | undefined {
    const { last } = this.#checkpoints;
    return last && this.#checkpoints.pathOf(last);
  }

  /** Puts `session` where the last checkpoint left it, or leaves it at the beginning; then opens the logs to go on from there. */
  async start(session: TrainingSession): Promise<void> {
    const { folder } = this.#options;
    const position = await this.#loadLast(session);
    this.#metrics = await MetricsLog.open(folder, position);
    this.#events = await EventWriter.open(path.join(folder, 'tensorboard'), session.at.step + 1);
    if (this.#before) await this.#recordResumption(session, this.#before);
  }

  /** Puts `session` where the newest sound checkpoint left it; returns how long the logs were then. */
  async #loadLast(session: TrainingSession): Promise<LogPosition | undefined> {
    const checkpoints = this.#checkpoints;
    const context = this.#context;
    const problems: string[] = checkpoints.problem === undefined ? [] : [checkpoints.problem];
    if (checkpoints.problem !== undefined && checkpoints.last) {
      this.#warn(damagedIndex(checkpoints.problem));
    }
    for (let { last } = checkpoints; last; last = checkpoints.last) {
      try {
        return await this.#restore(last, await checkpoints.load(last), session, context.plan);
      } catch (error) {
        // Only what is proven to be damaged is passed over; what the disk did not give this time may be sound.
        if (!(error instanceof AutoencoderError) || error.code !== 'CHECKPOINT_INVALID') throw error;
        problems.push(error.sentence);
        this.#warn(error);
        checkpoints.leaveOut(last);
      }
    }
    if (this.#before && context.network.isBlank) problems.push('Another process took the last one away.');
    if (problems.length > 0) throw noneLeft(this.#options.folder, problems);
    return undefined;
  }

  async #restore(
    entry: CheckpointEntry,
    { state, tensors }: Checkpoint,
    session: TrainingSession,
    plan: TrainingPlan,
  ): Promise<LogPosition> {
    const file = this.#checkpoints.pathOf(entry);
    try {
      checkState(file, state, plan);
      checkTensors(file, session, tensors);
      session.restore(state.training, tensors);
    } finally {
      tf.dispose(tensors as tf.TensorContainer);
    }
    if (!entry.end || session.epochsDone !== session.at.epoch) return state.log;
    await session.endRestoredEpoch(entry.end.summary);
    return entry.end.log;
  }

  async #recordResumption(session: TrainingSession, config: RunConfig): Promise<void> {
    const { versions, backend, data, options } = this.#context.config;
    const { step } = session.at;
    const lengthened = options.epochs > config.options.epochs && { epochs: options.epochs };
    const resumed = [...(config.resumed ?? []), { step, versions, backend, ...lengthened }];
    // Also where it was lengthened before, and killed before the next checkpoint.
    if (resumed.some((each) => each.epochs !== undefined && each.step === step)) session.resetPatience();
    const { epochs } = options;
    await writeConfig(this.#options.folder, {
      ...config,
      options: { ...config.options, epochs },
      data: renamed(config.data, data),
      resumed,
    });
  }

  /** Takes note of an update. */
  async step(progress: StepProgress): Promise<void> {
    const { logSteps = Math.ceil(this.#context.plan.stepsPerEpoch / 100) } = this.#options;
    if (progress.step % logSteps !== 0 && progress.step !== 1) return;
    const { epoch, step, loss, divergence, activeNumbers, penalty, learningRate, imagesPerSecond, elapsedMs } =
      progress;
    this.#metrics.add({
      type: 'step',
      step,
      epoch,
      loss,
      divergence,
      activeNumbers,
      penalty,
      learningRate,
      imagesPerSecond,
      elapsedMs,
    });
    this.#events.scalar(step, 'loss', loss);
    this.#events.scalar(step, 'learning_rate', learningRate);
    this.#events.scalar(step, 'images_per_second', imagesPerSecond);
    if (divergence !== undefined) this.#events.scalar(step, 'divergence', divergence);
    if (activeNumbers !== undefined) this.#events.scalar(step, 'active_numbers', activeNumbers);
    if (penalty !== undefined) this.#events.scalar(step, 'penalty', penalty);
    // Somebody may be watching, but no faster than this.
    if (performance.now() - this.#lastFlush > 1000) await this.#flush();
  }

  /** Says whether a checkpoint is due after `step` updates, within an epoch. */
  isCheckpointDue(step: number): boolean {
    const { checkpointSteps } = this.#options;
    return checkpointSteps !== undefined && step % checkpointSteps === 0;
  }

  /** Draws the run's images and their reconstructions by the network as it is; `settle` waits until they are written. */
  async drawSamples(epoch: number, step: number): Promise<void> {
    await this.#drawing;
    const { samples, network } = this.#context;
    const reconstructions = await reconstructSamples(network, samples);
    const grid = drawGrid([[samples, reconstructions]], { scale: 1, gap: 2, margin: 0 });
    const png = encodePng(grid);
    this.#events.image(step, 'samples', png, grid);
    const file = path.join(this.#options.folder, 'samples', `epoch-${String(epoch).padStart(4, '0')}.png`);
    this.#drawing = this.#attempt(() => writeFileAtomically(file, (handle) => handle.writeFile(png)));
  }

  /** Takes note of the end of an epoch; `weights` are the network's by name. */
  async epoch(summary: EpochSummary, weights: Readonly<Record<string, tf.Tensor>>): Promise<void> {
    const { step, loss, validation } = summary;
    this.#metrics.add({ type: 'epoch', ...summary });
    this.#events.scalar(step, 'epoch/loss', loss);
    if (validation) {
      this.#events.scalar(step, 'validation/mse', validation.mse);
      this.#events.scalar(step, 'validation/psnr_db', validation.psnrDb);
    }
    for (const [name, weight] of Object.entries(weights)) {
      const part = spreadOver(weight, maxHistogramValues);
      this.#events.histogram(step, name, (await part.data()) as Float32Array);
      part.dispose();
    }
  }

  /**
   * Saves a checkpoint of the session as it is. At the end of an epoch that is before its validation, and `confirm` or `withdraw` follows.
   * Resolves when it has been copied: it is written while training goes on, and `settle` waits for that. A full disk and the like become a
   * warning, and the checkpoint before stays. Throws DIVERGED instead of saving what is not finite.
   */
  async save(session: TrainingSession): Promise<void> {
    await this.#saving;
    const log = await this.#flush();
    const about = { step: session.at.step, epochs: session.epochsDone };
    if (this.#isLast(about)) return;
    const state: SavedState = { training: session.state, log };
    this.#snapshot = await takeSnapshot(state, session.tensors, this.#snapshot);
    const { notFinite } = this.#snapshot;
    if (notFinite) throw diverged(notFinite, session, this);
    this.#write(about, this.#snapshot, session.epochsDone === session.at.epoch);
  }

  #write(about: Pick<CheckpointEntry, 'step' | 'epochs'>, snapshot: Snapshot, provisional: boolean): void {
    this.#inBackground(async () => {
      const entry = await this.#checkpoints.save(about, snapshot, provisional);
      if (!provisional) this.#tellOf(entry);
    });
  }

  /** Notes how the epoch of the checkpoint that was just saved ended; `error` is what "best" goes by. */
  async confirm(summary: EpochSummary, error: number): Promise<void> {
    await this.#saving;
    const log = await this.#flush();
    const { last } = this.#checkpoints;
    // It could not be saved, which was said.
    if (last?.step !== summary.step || last.epochs !== summary.epoch) return;
    this.#inBackground(async () => {
      const confirmed = await this.#checkpoints.confirm(last, error, { summary, log });
      if (confirmed) this.#tellOf(confirmed);
    });
  }

  /** Forgets the checkpoint that was saved at the end of this epoch: its network turned out to be none to go back to. */
  async withdraw({ epoch, step }: Pick<EpochSummary, 'epoch' | 'step'>): Promise<void> {
    await this.settle();
    const { last } = this.#checkpoints;
    if (last?.step === step && last.epochs === epoch) await this.#attempt(() => this.#checkpoints.withdraw(last));
  }

  #tellOf(entry: CheckpointEntry): void {
    const best = this.#checkpoints.best === entry;
    this.#context.onCheckpoint?.({
      file: this.#checkpoints.pathOf(entry),
      step: entry.step,
      epoch: entry.epochs,
      best,
    });
  }

  #inBackground(action: () => Promise<void>): void {
    this.#saving = this.#attempt(action);
    // Whoever awaits it gets the error; until then it must not count as unhandled.
    this.#saving.catch(() => {});
  }

  /** Waits until the checkpoint in work and the images, if there are any, have been written or given up. */
  async settle(): Promise<void> {
    await Promise.all([this.#saving, this.#drawing]);
  }

  #isLast({ step, epochs }: Pick<CheckpointEntry, 'step' | 'epochs'>): boolean {
    const { last } = this.#checkpoints;
    return last?.step === step && last.epochs === epochs;
  }

  /** Writes the trained network, and what was not written yet where that is possible. Throws CHECKPOINT_FAILED. */
  async finish(session: TrainingSession): Promise<void> {
    const { network, config } = this.#context;
    await this.settle();
    try {
      await saveModel(network.model, { version: 1, pixels: config.pixels }, path.join(this.#options.folder, 'model'), {
        overwrite: true,
      });
    } catch (cause) {
      throw new AutoencoderError(
        'CHECKPOINT_FAILED',
        `${this.#options.folder}: the trained network could not be saved: ${(cause as Error).message}; ` +
          'free space and resume the run, or save the network elsewhere.',
        { cause },
      );
    }
    await this.save(session);
    await this.settle();
  }

  /** Writes what is waiting; returns how long the logs are then. */
  async #flush(): Promise<LogPosition> {
    this.#lastFlush = performance.now();
    try {
      await this.#writeLogs();
      this.#logsFail = false;
    } catch (error) {
      // Once is enough: this happens every second.
      if (!this.#logsFail) this.#warn(error);
      this.#logsFail = true;
    }
    return this.#metrics.position;
  }

  async #writeLogs(): Promise<void> {
    await this.#metrics.flush();
    await this.#events.flush();
  }

  /** Does something that training can go on without. */
  async #attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#warn(error);
    }
  }

  #warn(error: unknown): void {
    const { code, message } = error as Error & { code?: string };
    this.#context.onWarning?.({ code: code ?? 'UNKNOWN', message });
  }
}

/** Returns at most `count` values of a tensor, evenly spaced. */
function spreadOver(tensor: tf.Tensor, count: number): tf.Tensor {
  const stride = Math.ceil(tensor.size / count);
  return tf.tidy(() => tf.stridedSlice(tf.reshape(tensor, [-1]), [0], [tensor.size], [stride]));
}

/** Takes the lock of a folder; throws RUN_NOT_FOUND where there is none. */
async function takeLock(folder: string): Promise<RunLock> {
  try {
    return await RunLock.take(folder);
  } catch (error) {
    if (isMissing(error)) await readRunConfig(folder);
    throw error;
  }
}

async function saveStart(folder: string, { network, config }: RunContext): Promise<void> {
  await saveModel(network.model, { version: 1, pixels: config.pixels }, path.join(folder, startFolder), {
    overwrite: true,
  });
}

function writeConfig(folder: string, config: RunConfig): Promise<void> {
  return writeTextAtomically(path.join(folder, configFile), `${JSON.stringify(config, null, 2)}\n`);
}

function checkState(file: string, state: unknown, plan: TrainingPlan): asserts state is SavedState {
  try {
    expectSavedState(state, plan);
  } catch (error) {
    throw error instanceof Unexpected ? damaged(file, error) : error;
  }
}

function checkTensors(file: string, session: TrainingSession, tensors: Readonly<Record<string, tf.Tensor>>): void {
  const describe = (all: Readonly<Record<string, tf.Tensor>>) =>
    Object.entries(all).map(([name, { shape }]) => `${name} [${shape}]`);
  const [expected, found] = [describe(session.tensors), describe(tensors)];
  const missing = expected.filter((tensor) => !found.includes(tensor));
  const others = found.filter((tensor) => !expected.includes(tensor));
  if (missing.length + others.length === 0) return;
  const problem =
    missing.length > 0
      ? `${missing.length} of their tensors are missing (the first: ${missing[0]})`
      : `it has ${others.length} tensors more (the first: ${others[0]})`;
  throw new AutoencoderError('OPTIONS_CHANGED', {
    state: `${file} does not fit this network and recipe: ${problem}`,
    todo: 'resume with the network that the run began with',
  });
}

function damagedIndex(problem: string): AutoencoderError {
  const message = `${problem}; the checkpoints beside it are taken by their names, without the checksums that it held.`;
  return new AutoencoderError('CHECKPOINT_INVALID', message);
}

function noneLeft(folder: string, problems: readonly string[]): AutoencoderError {
  return new AutoencoderError(
    'CHECKPOINT_INVALID',
    `${folder}: no checkpoint is left to resume from (${problems.join(' ').replace(/\.$/, '')}). Nothing was changed: restore one, or ` +
      'begin a new run.',
  );
}
