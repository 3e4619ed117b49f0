import path from 'node:path';
import type { RgbImage } from '@ae/images/png';
import * as tf from '@tensorflow/tfjs-core';
import type { EpochSummary, StepProgress } from '../training/training-events';
import type { Warn } from './attempt';
import { type LogPosition, MetricsLog } from './metrics-log';
import { EventWriter } from './tensorboard';

/** The millions of weights of a dense layer would take longer than a checkpoint. */
const maxHistogramValues = 2 ** 14;

/** What is logged about a run: metrics.jsonl and metrics.csv, and the same with images for TensorBoard. */
export class RunLog {
  #lastFlush = performance.now();
  #fails = false;
  readonly #metrics: MetricsLog;
  readonly #events: EventWriter;
  readonly #logSteps: number;
  readonly #warn: Warn;

  private constructor(metrics: MetricsLog, events: EventWriter, logSteps: number, warn: Warn) {
    this.#metrics = metrics;
    this.#events = events;
    this.#logSteps = logSteps;
    this.#warn = warn;
  }

  /** Opens the files of a folder to continue from `position`, or starts them; every `logSteps` steps are logged, from `firstStep` on. */
  static async open(
    folder: string,
    { position, firstStep, logSteps }: { position?: LogPosition; firstStep: number; logSteps: number },
    warn: Warn,
  ): Promise<RunLog> {
    const metrics = await MetricsLog.open(folder, position);
    const events = await EventWriter.open(path.join(folder, 'tensorboard'), firstStep);
    return new RunLog(metrics, events, logSteps, warn);
  }

  /** Records an update. */
  async step(progress: StepProgress): Promise<void> {
    const { step } = progress;
    if (step % this.#logSteps !== 0 && step !== 1) return;
    const { epoch, loss, divergence, activeNumbers, penalty, learningRate, imagesPerSecond, elapsedMs } = progress;
    const rates = { learningRate, imagesPerSecond };
    this.#metrics.add({ type: 'step', step, epoch, loss, divergence, activeNumbers, penalty, ...rates, elapsedMs });
    this.#events.scalar(step, 'loss', loss);
    this.#events.scalar(step, 'learning_rate', learningRate);
    this.#events.scalar(step, 'images_per_second', imagesPerSecond);
    if (divergence !== undefined) this.#events.scalar(step, 'divergence', divergence);
    if (activeNumbers !== undefined) this.#events.scalar(step, 'active_numbers', activeNumbers);
    if (penalty !== undefined) this.#events.scalar(step, 'penalty', penalty);
    // Somebody may be watching, but no faster than this.
    if (performance.now() - this.#lastFlush > 1000) await this.flush();
  }

  /** Records the end of an epoch; `weights` are the network's by name. */
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

  /** Records a PNG file of the images that are drawn after each epoch, and its size. */
  samples(step: number, png: Uint8Array, size: Pick<RgbImage, 'width' | 'height'>): void {
    this.#events.image(step, 'samples', png, size);
  }

  /** Writes what is buffered; returns the lengths of the logs. */
  async flush(): Promise<LogPosition> {
    this.#lastFlush = performance.now();
    try {
      await this.#metrics.flush();
      await this.#events.flush();
      this.#fails = false;
    } catch (error) {
      // Once is enough: this happens every second.
      if (!this.#fails) this.#warn(error);
      this.#fails = true;
    }
    return this.#metrics.position;
  }
}

/** Returns at most `count` values of a tensor, evenly spaced. */
function spreadOver(tensor: tf.Tensor, count: number): tf.Tensor {
  const stride = Math.ceil(tensor.size / count);
  return tf.tidy(() => tf.stridedSlice(tf.reshape(tensor, [-1]), [0], [tensor.size], [stride]));
}
