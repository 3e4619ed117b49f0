/** How training begins and ends, whatever makes its updates. */
import { batches } from '../data/batches';
import { samplesOf } from '../data/fitted-images';
import type { Images } from '../data/images';
import { checkSample, type Sample, type SampleSource } from '../data/samples';
import { AutoencoderError } from '../errors/errors';
import { checkOption } from '../errors/option-kinds';
import type { Network } from '../network/network';
import { centerCrop, checkCroppable } from './augmentation';
import { trainingOptions } from './options';
import { recipeFor, recipes, resolveRecipe } from './recipes';
import { checkRunOptions } from './run-options';
import type { FittedTrainOptions, TrainOptions } from './train-options';
import { TrainingClock } from './training-clock';
import type { TrainingHistory } from './training-events';
import type { TrainingPlan } from './training-plan';
import type { OpenRecord, TrainingRecord, TrainingTask } from './training-record';
import { TrainingSession } from './training-session';

/** A training run that has been opened. */
export interface Training extends TrainingTask {
  readonly session: TrainingSession;
  readonly clock: TrainingClock;
  readonly run?: TrainingRecord;
  /** The codes of warnings that are given only once. */
  readonly warned: Set<string>;
  /** How long the end of the last epoch took, with its checkpoint and its validation, and how fast the machine was before it. */
  lastEnd?: { readonly ms: number; readonly imagesPerSecond: number };
}

/** Plans training, opens its run and calls a function with it; `isBack`: it was trained elsewhere. */
export async function withTraining<T>(
  network: Network,
  images: Images,
  given: TrainOptions,
  openRecord: OpenRecord | undefined,
  work: (training: Training) => Promise<T>,
  isBack = false,
): Promise<T> {
  // Images to crop from keep their size.
  const keepsSize = () => plan.recipe.augmentation.crop === true;
  const use = {
    inputShape: network.inputShape,
    keepsSize,
    keeps: true,
    options: given.images,
    onWarning: isBack ? undefined : given.onWarning,
  };
  const samples = samplesOf(images, { ...use, where: 'train' });
  const { validation: others } = given;
  const validation = others && samplesOf(others, { ...use, where: 'validation', onWarning: undefined });
  const options = { ...given, validation };
  const plan = planTraining(network, samples, options);
  const task = { network, samples, options, plan, isBack };
  if (options.signal?.aborted) throw stopped(options.signal, 0);
  if (!isBack && options.run) await options.elsewhere?.check({ network, plan, run: options.run });
  const whole = plan.recipe.augmentation.crop ? centerCrop(samples, network.inputShape) : samples;
  const { signal, onStart: onProgress } = options;
  await network.start?.(whole, { signal, beta: plan.recipe.beta, onProgress });
  const session = new TrainingSession(network, plan);
  let run: TrainingRecord | undefined;
  try {
    if (options.run) run = await openRecord?.(options.run, task);
    await run?.start(session);
    await session.keepStart();
    const clock = new TrainingClock(session.at.elapsedMs);
    return await work({ ...task, session, clock, run, warned: new Set<string>() });
  } catch (error) {
    if (error instanceof AutoencoderError && error.code === 'DIVERGED') session.restoreBest();
    throw error;
  } finally {
    await run?.close();
    session.dispose();
  }
}

function planTraining({ origin }: Network, samples: SampleSource, options: FittedTrainOptions): TrainingPlan {
  if (options.run) checkRunOptions(options.run);
  const { recipe: name = recipeFor(origin?.preset), seed = 0, validation } = options;
  const recipe = resolveRecipe(name, options);
  const { steps: wanted, minutes } = options;
  const { epochs: passes = recipes[name].epochs } = options;
  checkOption('epochs', trainingOptions.epochs, passes);
  checkOption('seed', trainingOptions.seed, seed);
  if (wanted !== undefined) checkOption('steps', trainingOptions.steps, wanted);
  if (minutes !== undefined) checkOption('minutes', trainingOptions.minutes, minutes);
  if (samples.length === 0) {
    throw new AutoencoderError('INVALID_SAMPLE', 'train: expected at least one sample, received an empty source.');
  }
  if (validation?.length === 0) {
    throw new AutoencoderError('INVALID_SAMPLE', 'validation: expected at least one sample, received an empty source.');
  }
  const imagesPerPass = recipe.records?.perEpoch ?? samples.length;
  const imagesPerEpoch = imagesPerPass * (recipe.records?.passes ?? 1);
  const stepsPerEpoch = Math.ceil(imagesPerEpoch / (recipe.batchSize * recipe.accumulate));
  const amounts = { sampleCount: samples.length, imagesPerEpoch, stepsPerEpoch, imagesPerPass };
  const steps = wanted ?? stepsPerEpoch * passes;
  const epochs = wanted === undefined ? passes : Math.ceil(steps / stepsPerEpoch);
  return { recipe, epochs, steps, ...(minutes !== undefined && { minutes }), seed, ...amounts };
}

/** Returns the validation samples, or their centers if training uses crops. */
export function validationOf({ network, options: { validation }, plan }: TrainingTask): SampleSource | undefined {
  return validation && plan.recipe.augmentation.crop ? centerCrop(validation, network.inputShape) : validation;
}

/** Yields the samples of each remaining update of the current epoch. */
export function groupsOf({ network, samples, plan, session }: Training): AsyncGenerator<Sample[]> {
  const { batchSize, accumulate, augmentation } = plan.recipe;
  const check = augmentation.crop ? checkCroppable : checkSample;
  return batches(samples, {
    order: session.orderOfEpoch(),
    start: session.at.position,
    batchSize: batchSize * accumulate,
    check: (sample, index) => check(sample, index, network.inputShape),
  });
}

/** Completes a training run. */
export async function finish({ session, run }: Training): Promise<TrainingHistory> {
  session.finish();
  await run?.finish(session);
  return historyOf(session);
}

export function historyOf({ at: { history, step } }: TrainingSession): TrainingHistory {
  return { epochs: history, steps: step };
}

/** Stops training between two updates: saves a checkpoint, gives the network its final weights, and throws ABORTED. */
export async function stop({ session, run }: Training, signal: AbortSignal): Promise<never> {
  await run?.save(session);
  await run?.settle();
  session.finish();
  throw stopped(signal, session.at.step, run);
}

/** Makes the error for training that was stopped on request. */
export function stopped(signal: AbortSignal, step: number, run?: TrainingRecord): AutoencoderError {
  const saved = run?.lastCheckpoint ? `; the last checkpoint is ${run.lastCheckpoint}` : '';
  const message = `train: aborted after step ${step}${saved}.`;
  return new AutoencoderError('ABORTED', message, { cause: signal.reason });
}
