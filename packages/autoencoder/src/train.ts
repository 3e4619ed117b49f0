import { centerCrop, checkCroppable } from './augmentation';
import { batches } from './batches';
import { AutoencoderError, checkKeys, checkNumber } from './errors';
import { evaluateModel } from './evaluate';
import { type Recipe, type RecipeName, recipeKeys, resolveRecipe } from './recipes';
import { checkSample, type SampleSource } from './samples';
import type { TrainableModel } from './trainable-model';
import { TrainingClock } from './training-clock';
import type { EpochSummary, PassSummary, StepProgress, TrainingHistory, ValidationScore } from './training-events';
import { type TrainingPlan, TrainingSession } from './training-session';

export type { TrainableModel } from './trainable-model';

/** A recipe by name, parts of it replaced, and what is no part of a recipe. */
export interface TrainOptions extends Partial<Recipe> {
  /** Default 'default'. */
  readonly recipe?: RecipeName;
  /** Default 15. */
  readonly epochs?: number;
  /** Determines the order of the samples, and augmentation and noise. Default 0. */
  readonly seed?: number;
  /** Samples never trained on, scored after each epoch. */
  readonly validation?: SampleSource;
  /** Stops after the step in work; `train` then throws ABORTED and the weights are those of the last full step. */
  readonly signal?: AbortSignal;
  /** Called after each update. */
  readonly onStep?: (progress: StepProgress) => void;
  /** Called after each pass over the samples of an epoch, of which the torch7 recipe makes many. */
  readonly onPass?: (summary: PassSummary) => void;
  /** Called after each epoch; training waits for what it returns. */
  readonly onEpoch?: (summary: EpochSummary) => void | Promise<void>;
}

const trainKeys = [...recipeKeys, 'recipe', 'epochs', 'seed', 'validation', 'signal', 'onStep', 'onPass', 'onEpoch'];

/** Minimises the loss of reconstructions; see `Autoencoder.train`. */
export async function trainModel(
  trainable: TrainableModel,
  samples: SampleSource,
  options: TrainOptions = {},
): Promise<TrainingHistory> {
  const plan = planTraining(samples, options);
  throwIfAborted(options.signal, 0);
  const session = new TrainingSession(trainable, plan);
  try {
    const clock = new TrainingClock(session.at.elapsedMs);
    while (!session.isOver) await trainEpoch({ trainable, samples, options, plan, session, clock });
    session.finish();
    return { epochs: session.at.history, steps: session.at.step };
  } finally {
    session.dispose();
  }
}

interface Training {
  readonly trainable: TrainableModel;
  readonly samples: SampleSource;
  readonly options: TrainOptions;
  readonly plan: TrainingPlan;
  readonly session: TrainingSession;
  readonly clock: TrainingClock;
}

/** Trains from where the session is to the end of its epoch. */
async function trainEpoch(training: Training): Promise<void> {
  const { trainable, samples, options, plan, session, clock } = training;
  const { batchSize, accumulate, augmentation } = plan.recipe;
  const check = augmentation.crop ? checkCroppable : checkSample;
  const groups = batches(samples, {
    order: session.orderOfEpoch(),
    start: session.at.position,
    batchSize: batchSize * accumulate,
    check: (sample, index) => check(sample, index, trainable.inputShape),
  });
  for await (const group of groups) {
    const result = await session.update(group, clock);
    const { epoch, step, images } = session.at;
    const { learningRate } = session;
    clock.tick(group.length);
    throwIfDiverged(result.loss, training);
    const amounts = { epoch, epochs: plan.epochs, step, steps: plan.stepsPerEpoch * plan.epochs, images };
    options.onStep?.({ ...amounts, ...result, learningRate, ...clock.reading() });
    const pass = session.takePass();
    if (pass) options.onPass?.({ epoch, ...pass, learningRate });
    await clock.breathe();
    throwIfAborted(options.signal, step);
  }
  const validation = await validate(training);
  clock.resume();
  const { epoch, step } = session.at;
  const { epochLoss: loss, learningRate } = session;
  const summary = { epoch, step, loss, learningRate, ...(validation && { validation }), ...clock.reading() };
  await session.endEpoch(summary);
  await options.onEpoch?.(summary);
}

async function validate({ trainable, options, plan, session }: Training): Promise<ValidationScore | undefined> {
  if (!options.validation) return undefined;
  const { crop } = plan.recipe.augmentation;
  const source = crop ? centerCrop(options.validation, trainable.inputShape) : options.validation;
  return session.withFinalWeights(async () => {
    const { mse, psnrDb, pooledPsnrDb } = await evaluateModel(trainable, source, { similarity: false });
    return { mse, psnrDb, pooledPsnrDb };
  });
}

function planTraining(samples: SampleSource, options: TrainOptions): TrainingPlan {
  checkKeys('train', options, trainKeys);
  const { epochs = 15, seed = 0, validation } = options;
  checkNumber('epochs', epochs, { min: 0, integer: true });
  checkNumber('seed', seed, { integer: true });
  const changes = recipeKeys.map((key) => [key, options[key]] as const);
  const recipe = resolveRecipe(options.recipe, Object.fromEntries(changes));
  if (samples.length === 0) {
    throw new AutoencoderError('INVALID_SAMPLE', 'train: expected at least one sample, received an empty source.');
  }
  if (validation?.length === 0) {
    throw new AutoencoderError('INVALID_SAMPLE', 'validation: expected at least one sample, received an empty source.');
  }
  const imagesPerPass = recipe.records?.perEpoch ?? samples.length;
  const imagesPerEpoch = imagesPerPass * (recipe.records?.passes ?? 1);
  const stepsPerEpoch = Math.ceil(imagesPerEpoch / (recipe.batchSize * recipe.accumulate));
  return { recipe, epochs, seed, sampleCount: samples.length, imagesPerEpoch, stepsPerEpoch, imagesPerPass };
}

function throwIfAborted(signal: AbortSignal | undefined, step: number): void {
  if (!signal?.aborted) return;
  throw new AutoencoderError('ABORTED', `train: stopped after step ${step} as asked.`, { cause: signal.reason });
}

/** A loss a thousand times that of black for white will not come back. */
const explosion = 1000;

function throwIfDiverged(loss: number, { trainable, session }: Training): void {
  const limit = explosion * (255 * trainable.pixels.scale) ** 2;
  if (Number.isFinite(loss) && loss < limit) return;
  const { step } = session.at;
  throw new AutoencoderError(
    'DIVERGED',
    `train: expected a loss below ${limit.toPrecision(3)}, received ${loss} at step ${step} with learning rate ` +
      `${session.learningRate}; train again with a smaller learning rate.`,
  );
}
