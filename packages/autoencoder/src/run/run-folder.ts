import path from 'node:path';
import { makeFolders } from '@ae/ground/make-folders';
import { drawGrid, encodePng } from '@ae/images/png';
import type * as tf from '@tensorflow/tfjs-core';
import type { Sample } from '../data/samples';
import { AutoencoderError } from '../errors/errors';
import { writeFileAtomically, writeTextAtomically } from '../files/atomic-file';
import { saveModel } from '../network/model-folder';
import type { Network } from '../network/network';
import { reconstructSamples } from '../network/reconstruct';
import type { RunOptions } from '../training/run-options';
import type { CheckpointSaved, EpochSummary, StepProgress, TrainingWarning } from '../training/training-events';
import type { TrainingPlan } from '../training/training-plan';
import type { TrainingRecord } from '../training/training-record';
import type { TrainingSession } from '../training/training-session';
import { attempt, type Warn, warnBy } from './attempt';
import { CheckpointSaver } from './checkpoints/checkpoint-saver';
import { Checkpoints } from './checkpoints/checkpoints';
import { restoreSession } from './checkpoints/restore-session';
import { checkNewRun } from './new-run';
import { checkUnchanged, configFile, type RunConfig, readRunConfig, renamed, startFolder } from './run-config';
import { isMissing } from './run-file';
import { RunLock } from './run-lock';
import { RunLog } from './run-log';

/** What a run is told about its training. */
export interface RunContext {
  readonly network: Network;
  readonly config: RunConfig;
  /** Images to reconstruct after each epoch. */
  readonly samples: readonly Sample[];
  readonly plan: TrainingPlan;
  /** Nothing will be trained: config.json should not list this as a resumption. */
  readonly isBack?: boolean;
  readonly onCheckpoint?: (saved: CheckpointSaved) => void;
  readonly onWarning?: (warning: TrainingWarning) => void;
}

/**
 * The folder of a training run: config.json, metrics.jsonl and metrics.csv, tensorboard/, checkpoints/, samples/ and, at the end, model/.
 * Failures to write while training continues become warnings; `finish` throws for what is still missing.
 */
export class RunFolder implements TrainingRecord {
  #log!: RunLog;
  readonly #saver: CheckpointSaver;
  /** Images that are being written while training continues. */
  #drawing: Promise<void> = Promise.resolve();
  readonly #options: RunOptions;
  readonly #context: RunContext;
  readonly #checkpoints: Checkpoints;
  readonly #lock: RunLock;
  readonly #before?: RunConfig;
  readonly #warn: Warn;

  private constructor(
    options: RunOptions,
    context: RunContext,
    checkpoints: Checkpoints,
    lock: RunLock,
    /** For a run that is resumed: its config.json as it was. */
    before?: RunConfig,
  ) {
    this.#options = options;
    this.#context = context;
    this.#checkpoints = checkpoints;
    this.#lock = lock;
    this.#before = before;
    this.#warn = warnBy(context.onWarning);
    this.#saver = new CheckpointSaver(checkpoints, () => this.#log.flush(), this.#warn, context.onCheckpoint);
  }

  /**
   * Creates the folder, or opens that of a run to be resumed; `close` it at the end. Throws OUTPUT_EXISTS for a folder that contains
   * anything but a run that was stopped before its first checkpoint, RUN_NOT_FOUND, RUN_INVALID or OPTIONS_CHANGED if there is nothing to
   * resume, RUN_IN_USE if another process is training it.
   */
  static async open(options: RunOptions, context: RunContext): Promise<RunFolder> {
    const { folder, resume = false, keep = 2 } = options;
    if (!resume) {
      await checkNewRun(folder);
      makeFolders(folder);
    }
    const lock = await takeLock(folder);
    try {
      // Read once, and not before the lock is ours: until then, another process may lengthen the run.
      const before = resume ? await readRunConfig(folder) : undefined;
      if (before) checkUnchanged(folder, before, context.config);
      // Again, because another process may have used the folder before the lock was ours.
      if (!resume) await checkNewRun(folder);
      makeFolders(path.join(folder, 'samples'));
      const checkpoints = await Checkpoints[resume ? 'open' : 'begin'](path.join(folder, 'checkpoints'), keep);
      if (!resume && options.from !== undefined) await saveNetwork(context, path.join(folder, startFolder));
      // Created last: it turns the folder into that of a run, which can be resumed.
      if (!resume) await writeConfig(folder, context.config);
      return new RunFolder(options, context, checkpoints, lock, before);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Waits for what is being written, and releases the folder. */
  async close(): Promise<void> {
    await this.settle();
    await this.#lock.release();
  }

  /** The checkpoint to go back to, if there is one. */
  get lastCheckpoint(): string | undefined {
    return this.#saver.lastCheckpoint;
  }

  /** Restores `session` from the last checkpoint, or leaves it at the beginning; then opens the logs to continue from there. */
  async start(session: TrainingSession): Promise<void> {
    const { folder, logSteps } = this.#options;
    const { plan, network } = this.#context;
    const needsCheckpoint = this.#before !== undefined && network.isBlank;
    const earlier = { folder, checkpoints: this.#checkpoints, plan, needsCheckpoint };
    const position = await restoreSession(session, earlier, this.#warn);
    const steps = { firstStep: session.at.step + 1, logSteps: logSteps ?? Math.ceil(plan.stepsPerEpoch / 100) };
    this.#log = await RunLog.open(folder, { position, ...steps }, this.#warn);
    if (this.#before && !this.#context.isBack) await this.#recordResumption(session, this.#before);
  }

  async #recordResumption(session: TrainingSession, config: RunConfig): Promise<void> {
    const { versions, backend, data, options } = this.#context.config;
    const { step } = session.at;
    const lengthened = options.epochs > config.options.epochs && { epochs: options.epochs };
    const resumed = [...(config.resumed ?? []), { step, versions, backend, ...lengthened }];
    // Even if it was lengthened earlier, and killed before the next checkpoint.
    if (resumed.some((each) => each.epochs !== undefined && each.step === step)) session.resetPatience();
    const { epochs } = options;
    await writeConfig(this.#options.folder, {
      ...config,
      options: { ...config.options, epochs },
      data: renamed(config.data, data),
      resumed,
    });
  }

  /** Records an update. */
  step(progress: StepProgress): Promise<void> {
    return this.#log.step(progress);
  }

  /** Records the end of an epoch; `weights` are the network's by name. */
  epoch(summary: EpochSummary, weights: Readonly<Record<string, tf.Tensor>>): Promise<void> {
    return this.#log.epoch(summary, weights);
  }

  /** Draws the run's images and their reconstructions by the current network; `settle` waits until they are written. */
  async drawSamples(epoch: number, step: number): Promise<void> {
    await this.#drawing;
    const { samples, network } = this.#context;
    const reconstructions = await reconstructSamples(network, samples);
    const grid = drawGrid([[samples, reconstructions]], { scale: 1, gap: 2, margin: 0 });
    const png = encodePng(grid);
    this.#log.samples(step, png, grid);
    const file = path.join(this.#options.folder, 'samples', `epoch-${String(epoch).padStart(4, '0')}.png`);
    this.#drawing = attempt(() => writeFileAtomically(file, (handle) => handle.writeFile(png)), this.#warn);
  }

  /** Tells whether a checkpoint is due after `step` updates, within an epoch. */
  isCheckpointDue(step: number): boolean {
    const { checkpointSteps } = this.#options;
    return checkpointSteps !== undefined && step % checkpointSteps === 0;
  }

  /**
   * Saves a checkpoint of the current session. At the end of an epoch, this happens before its validation, and `confirm` or `withdraw`
   * follows. Resolves when the session has been copied: the checkpoint is written while training continues, and `settle` waits for that.
   * Failures such as a full disk become a warning, and the previous checkpoint is kept. Throws DIVERGED instead of saving weights that are
   * not finite.
   */
  save(session: TrainingSession): Promise<void> {
    return this.#saver.save(session);
  }

  /** Records how the epoch of the checkpoint just saved ended; `error` is what "best" refers to. */
  confirm(summary: EpochSummary, error: number): Promise<void> {
    return this.#saver.confirm(summary, error);
  }

  /** Drops the checkpoint that was saved at the end of this epoch, because its network turned out to be unusable. */
  async withdraw(at: Pick<EpochSummary, 'epoch' | 'step'>): Promise<void> {
    await this.settle();
    await this.#saver.withdraw(at);
  }

  /** Waits until the current checkpoint and images, if any, have been written or abandoned. */
  async settle(): Promise<void> {
    await Promise.all([this.#saver.settle(), this.#drawing]);
  }

  /** Writes the trained network, and everything that was not written yet, if possible. Throws CHECKPOINT_FAILED. */
  async finish(session: TrainingSession): Promise<void> {
    const { folder } = this.#options;
    await this.settle();
    try {
      await saveNetwork(this.#context, path.join(folder, 'model'));
    } catch (cause) {
      throw new AutoencoderError(
        'CHECKPOINT_FAILED',
        `${folder}: the trained network could not be saved: ${(cause as Error).message}; ` +
          'free space and resume the run, or save the network elsewhere.',
        { cause },
      );
    }
    await this.save(session);
    await this.settle();
  }
}

/** Locks a folder; throws RUN_NOT_FOUND if it does not exist. */
async function takeLock(folder: string): Promise<RunLock> {
  try {
    return await RunLock.take(folder);
  } catch (error) {
    if (isMissing(error)) await readRunConfig(folder);
    throw error;
  }
}

async function saveNetwork({ network, config }: RunContext, folder: string): Promise<void> {
  await saveModel(network.model, { version: 1, pixels: config.pixels }, folder, { overwrite: true });
}

function writeConfig(folder: string, config: RunConfig): Promise<void> {
  return writeTextAtomically(path.join(folder, configFile), `${JSON.stringify(config, null, 2)}\n`);
}
