import { fuseForward, meanSquaredError } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { batches } from './batches';
import { AutoencoderError, checkKeys, checkNumber } from './errors';
import { type Evaluation, evaluateModel } from './evaluate';
import { Optimizer, type OptimizerOptions } from './optimizers';
import type { PixelFormat } from './pixels';
import { Random } from './random';
import type { ImageShape, SampleSource } from './samples';

export interface TrainOptions {
  /** Passes over the samples. Default 15. */
  readonly epochs?: number;
  /** Images an update; the last batch of an epoch holds what is left. Default 32. */
  readonly batchSize?: number;
  /** Default Adam with learning rate 0.001. */
  readonly optimizer?: OptimizerOptions;
  /** Determines the order of the samples. Default 0. */
  readonly seed?: number;
  /** Draw a new order each epoch. Default true. */
  readonly shuffle?: boolean;
  /** Samples never trained on, scored after each epoch. */
  readonly validation?: SampleSource;
  /** Stops after the step in work; `train` then throws ABORTED and the weights are those of the last full step. */
  readonly signal?: AbortSignal;
  /** Called after each update. */
  readonly onStep?: (progress: StepProgress) => void;
  /** Called after each epoch; training waits for what it returns. */
  readonly onEpoch?: (summary: EpochSummary) => void | Promise<void>;
}

export interface StepProgress {
  /** Counted from 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Updates so far, over all epochs. */
  readonly step: number;
  readonly steps: number;
  /** The mean squared error of this batch, before its update. */
  readonly loss: number;
  readonly learningRate: number;
  /** Images trained on so far, over all epochs. */
  readonly images: number;
  /** Time since training began, validation included. */
  readonly elapsedMs: number;
  /** Images a second over the last two seconds, validation left out. */
  readonly imagesPerSecond: number;
}

export interface EpochSummary {
  readonly epoch: number;
  /** The mean over the epoch's images of the mean squared error, each measured before its update. */
  readonly loss: number;
  readonly validation?: Evaluation;
  readonly imagesPerSecond: number;
  readonly elapsedMs: number;
}

export interface TrainingHistory {
  readonly epochs: EpochSummary[];
  readonly steps: number;
}

/** What training needs to know of the model it trains. */
export interface TrainableModel {
  readonly model: LayersModel;
  readonly inputShape: ImageShape;
  readonly pixels: PixelFormat;
}

const trainKeys = ['epochs', 'batchSize', 'optimizer', 'seed', 'shuffle', 'validation', 'signal', 'onStep', 'onEpoch'];

/** Minimises the mean squared error between images and their reconstructions; see `Autoencoder.train`. */
export async function trainModel(
  trainable: TrainableModel,
  samples: SampleSource,
  options: TrainOptions = {},
): Promise<TrainingHistory> {
  const { epochs, batchSize, seed, shuffle } = checkOptions(samples, options);
  throwIfAborted(options.signal, 0);
  const variables = trainableVariables(trainable.model);
  const optimizer = new Optimizer(options.optimizer ?? { name: 'adam' }, variables);
  const forward = fuseForward(trainable.model);
  const random = new Random(seed);
  const clock = new TrainingClock();
  const stepsPerEpoch = Math.ceil(samples.length / batchSize);
  const history: EpochSummary[] = [];
  let step = 0;
  let images = 0;
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const order = shuffle ? random.permutation(samples.length) : undefined;
      let lossSum = 0;
      for await (const batch of batches(samples, { ...trainable, batchSize, order })) {
        const count = batch.shape[0];
        const loss = await updateOnce(batch, forward, variables, optimizer).finally(() => batch.dispose());
        step++;
        images += count;
        lossSum += loss * count;
        clock.tick(count);
        throwIfDiverged(loss, step, optimizer.learningRate);
        options.onStep?.({
          ...{ epoch, epochs, step, steps: stepsPerEpoch * epochs, loss, images },
          ...{ learningRate: optimizer.learningRate, ...clock.reading() },
        });
        await clock.breathe();
        throwIfAborted(options.signal, step);
      }
      const validation =
        options.validation && (await evaluateModel(trainable, options.validation, { batchSize, similarity: false }));
      clock.resume();
      const summary = { epoch, loss: lossSum / samples.length, validation, ...clock.reading() };
      history.push(summary);
      await options.onEpoch?.(summary);
    }
  } finally {
    optimizer.dispose();
  }
  return { epochs: history, steps: step };
}

/** Runs one batch forward and back, updates the variables in place, and returns the loss before the update. */
async function updateOnce(
  batch: tf.Tensor4D,
  forward: (x: tf.Tensor) => tf.Tensor,
  variables: tf.Variable[],
  optimizer: Optimizer,
): Promise<number> {
  const { value, grads } = tf.variableGrads(() => meanSquaredError(batch, forward(batch)), variables);
  optimizer.step(grads);
  tf.dispose(grads);
  const [loss] = await value.data();
  value.dispose();
  return loss;
}

function checkOptions(samples: SampleSource, options: TrainOptions) {
  checkKeys('train', options, trainKeys);
  const { epochs = 15, batchSize = 32, seed = 0, shuffle = true } = options;
  checkNumber('epochs', epochs, { min: 0, integer: true });
  checkNumber('batchSize', batchSize, { min: 1, integer: true });
  checkNumber('seed', seed, { integer: true });
  if (samples.length === 0) {
    throw new AutoencoderError('INVALID_SAMPLE', 'train: expected at least one sample, received an empty source.');
  }
  if (options.validation?.length === 0) {
    throw new AutoencoderError('INVALID_SAMPLE', 'validation: expected at least one sample, received an empty source.');
  }
  return { epochs, batchSize, seed, shuffle };
}

/** The variables behind a model's trainable weights, which tf.variableGrads and the optimisers work on. */
export function trainableVariables(model: LayersModel): tf.Variable[] {
  return model.trainableWeights.map((weight) => weight.read() as tf.Variable);
}

function throwIfAborted(signal: AbortSignal | undefined, step: number): void {
  if (!signal?.aborted) return;
  throw new AutoencoderError('ABORTED', `train: stopped after step ${step} as asked.`, { cause: signal.reason });
}

function throwIfDiverged(loss: number, step: number, learningRate: number): void {
  if (Number.isFinite(loss)) return;
  throw new AutoencoderError(
    'DIVERGED',
    `train: expected a finite loss, received ${loss} at step ${step} with learning rate ${learningRate}; ` +
      'train again with a smaller learning rate.',
  );
}

/** Measures speed over the last seconds and lets timers and signals in between steps. */
class TrainingClock {
  private readonly start = performance.now();
  private lastBreath = this.start;
  private window: { time: number; images: number }[] = [{ time: this.start, images: 0 }];
  private images = 0;

  tick(images: number): void {
    this.images += images;
    const now = performance.now();
    this.window.push({ time: now, images: this.images });
    while (this.window.length > 2 && this.window[0].time < now - 2000) this.window.shift();
  }

  /** Starts a new window, so that time spent on something else does not count. */
  resume(): void {
    const { imagesPerSecond } = this.reading();
    // A first point one second back keeps the speed known until the next step is in.
    const now = performance.now();
    this.window = [
      { time: now - 1000, images: this.images - imagesPerSecond },
      { time: now, images: this.images },
    ];
  }

  reading(): { elapsedMs: number; imagesPerSecond: number } {
    const first = this.window[0];
    const last = this.window[this.window.length - 1];
    const seconds = (last.time - first.time) / 1000;
    const imagesPerSecond = seconds > 0 ? (last.images - first.images) / seconds : 0;
    return { elapsedMs: performance.now() - this.start, imagesPerSecond };
  }

  /** Gives the event loop a turn at most 20 times a second. */
  async breathe(): Promise<void> {
    const now = performance.now();
    if (now - this.lastBreath < 50) return;
    this.lastBreath = now;
    await new Promise((resolve) => setTimeout(resolve));
  }
}
