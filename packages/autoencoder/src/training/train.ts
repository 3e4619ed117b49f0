import { batches } from '../data/batches';
import { untilAborted } from '../data/event-loop';
import { type Images, samplesOf } from '../data/images';
import { checkSample, type Sample, type SampleSource } from '../data/samples';
import { AutoencoderError } from '../errors';
import { evaluateNetwork } from '../evaluation/evaluate';
import { psnrDb } from '../evaluation/metrics/psnr';
import type { Network } from '../network/network';
import { checkOption } from '../option-kinds';
import { centerCrop, checkCroppable } from './augmentation';
import { diverged } from './diverged';
import { trainingOptions } from './options';
import { collapseWarning } from './posterior-collapse';
import { recipeFor, recipes, resolveRecipe } from './recipes';
import { checkRunOptions } from './run-options';
import { checkTrainKeys, type FittedTrainOptions, type TrainOptions } from './train-options';
import { TrainingClock } from './training-clock';
import type { EpochSummary, TrainingHistory, ValidationScore } from './training-events';
import type { OpenRecord, TrainingRecord, TrainingTask } from './training-record';
import { monitoredError, type TrainingPlan, TrainingSession } from './training-session';
import type { BatchResult } from './training-step';

/** Minimizes the loss of reconstructions; see `Autoencoder.train`. */
export async function trainNetwork(
  network: Network,
  images: Images,
  given: TrainOptions = {},
  openRecord?: OpenRecord,
): Promise<TrainingHistory> {
  checkTrainKeys(given);
  // What is cropped from keeps its size.
  const keepsSize = () => plan.recipe.augmentation.crop === true;
  const use = {
    inputShape: network.inputShape,
    keepsSize,
    keeps: true,
    options: given.images,
    onWarning: given.onWarning,
  };
  const samples = samplesOf(images, { ...use, where: 'train' });
  const { validation: others } = given;
  const validation = others && samplesOf(others, { ...use, where: 'validation', onWarning: undefined });
  const options = { ...given, validation };
  const plan = planTraining(network, samples, options);
  if (options.signal?.aborted) throw stopped(options.signal, 0);
  const whole = plan.recipe.augmentation.crop ? centerCrop(samples, network.inputShape) : samples;
  const { signal, onStart: onProgress } = options;
  await network.start?.(whole, { signal, beta: plan.recipe.beta, onProgress });
  const session = new TrainingSession(network, plan);
  const task = { network, samples, options, plan };
  let run: TrainingRecord | undefined;
  try {
    if (options.run) run = await openRecord?.(options.run, task);
    await run?.start(session);
    await session.keepStart();
    const clock = new TrainingClock(session.at.elapsedMs);
    const training = { ...task, session, clock, run, warned: new Set<string>() };
    while (!session.isOver) await trainEpoch(training);
    session.finish();
    await run?.finish(session);
    return { epochs: session.at.history, steps: session.at.step };
  } catch (error) {
    if (error instanceof AutoencoderError && error.code === 'DIVERGED') session.restoreBest();
    throw error;
  } finally {
    await run?.close();
    session.dispose();
  }
}

interface Training extends TrainingTask {
  readonly session: TrainingSession;
  readonly clock: TrainingClock;
  readonly run?: TrainingRecord;
  /** The codes of warnings that are given once. */
  readonly warned: Set<string>;
}

/** Trains from where the session is to the end of its epoch. */
async function trainEpoch(training: Training): Promise<void> {
  const { network, samples, options, plan, session, clock, run } = training;
  const { batchSize, accumulate, augmentation } = plan.recipe;
  const check = augmentation.crop ? checkCroppable : checkSample;
  const groups = batches(samples, {
    order: session.orderOfEpoch(),
    start: session.at.position,
    batchSize: batchSize * accumulate,
    check: (sample, index) => check(sample, index, network.inputShape),
  });
  let last: readonly Sample[] = [];
  for await (const group of untilAborted(groups, options.signal)) {
    last = group;
    const result = await session.update(group, clock, options.signal);
    if (!result) break;
    clock.tick(group.length);
    await checkLoss(result, training);
    await report(result, training);
    await clock.breathe();
    if (run?.isCheckpointDue(session.at.step)) await run.save(session);
  }
  if (options.signal?.aborted) await stop(training, options.signal);
  await session.withFinalWeights(() => probe(last, training));
  // Before the validation, which may take long: whatever happens there, the epoch's updates are not made again.
  await run?.save(session);
  const validation = await validate(training);
  if (validation) await checkError(validation.mse, training);
  clock.resume();
  const { epoch, step } = session.at;
  const { epochLoss: loss, learningRate } = session;
  const scores = { loss, ...session.epochDivergence, learningRate, ...(validation && { validation }) };
  const summary = { epoch, step, ...scores, ...clock.reading() };
  const notFinite = await session.keepIfBest(summary);
  if (notFinite) throw diverged(notFinite, session, run);
  await session.endEpoch(summary);
  await run?.epoch(summary, session.weights);
  await run?.confirm(summary, monitoredError(summary));
  warnOfCollapse(summary, training);
  await options.onEpoch?.(summary);
  clock.resume();
}

/** Warns, once, of a variational network that leaves most of its code unused. */
function warnOfCollapse(summary: EpochSummary, { network, options, session, warned }: Training): void {
  if (!session.isBetaWarm) return;
  const warning = collapseWarning(summary, network);
  if (!warning || warned.has(warning.code)) return;
  warned.add(warning.code);
  options.onWarning?.(warning);
}

/** Tells of the update that was just made. */
async function report(result: BatchResult, { network, options, plan, session, clock, run }: Training): Promise<void> {
  const { epoch, step, images } = session.at;
  const { learningRate } = session;
  const amounts = { epoch, epochs: plan.epochs, step, steps: plan.stepsPerEpoch * plan.epochs, images };
  const { reconstruction, ...losses } = result;
  const isError = plan.recipe.loss.name === 'mse' && result.divergence === undefined;
  const score = isError && { psnrDb: psnrDb(reconstruction, 255 * network.pixels.scale) };
  const progress = { ...amounts, ...losses, ...score, learningRate, ...clock.reading() };
  await run?.step(progress);
  options.onStep?.(progress);
  const pass = session.takePass();
  if (pass) options.onPass?.({ epoch, ...pass, learningRate });
}

/** Ends training between two updates: saves a checkpoint, gives the network the weights to keep, and throws ABORTED. */
async function stop({ session, run }: Training, signal: AbortSignal): Promise<never> {
  await run?.save(session);
  await run?.settle();
  session.finish();
  throw stopped(signal, session.at.step, run);
}

/** Looks at what the network does now: scores the validation samples and draws the run's. */
async function look(training: Training): Promise<ValidationScore | undefined> {
  const { network, options, session, run } = training;
  const { signal } = options;
  await run?.drawSamples(session.at.epoch, session.at.step);
  const source = validationOf(training);
  if (!source) return undefined;
  // Only what is on the disk can't be lost any more.
  await run?.settle();
  const { mse, psnrDb, pooledPsnrDb } = await evaluateNetwork(network, source, { similarity: false, signal });
  return { mse, psnrDb, pooledPsnrDb };
}

/** Validates the network as it would be kept; stops training where the signal says so meanwhile. */
async function validate(training: Training): Promise<ValidationScore | undefined> {
  const { session, options } = training;
  try {
    return await session.withFinalWeights(() => look(training));
  } catch (error) {
    if (!options.signal?.aborted || (error as { code?: unknown }).code !== 'ABORTED') throw error;
    return stop(training, options.signal);
  }
}

/** Looks at some of the images just trained on, for no loss has told yet of the epoch's last update. */
async function probe(last: readonly Sample[], training: Training): Promise<void> {
  const some = last.slice(0, 8);
  if (some.length === 0) return;
  const { network, plan } = training;
  const source = plan.recipe.augmentation.crop ? centerCrop(some, network.inputShape) : some;
  const { mse } = await evaluateNetwork(network, source, { similarity: false });
  await checkError(mse, training);
}

/** Throws DIVERGED for an error outside of training. */
async function checkError(mse: number, training: Training): Promise<void> {
  // Moving statistics follow slowly: until they fit, the error may be anything. Other weights that no gradient changes stay as they are.
  const isSettled = !training.network.model.layers.some((layer) => layer.getClassName() === 'BatchNormalization');
  await checkLoss({ loss: mse, reconstruction: isSettled || !Number.isFinite(mse) ? mse : 0 }, training);
}

/** Returns the validation samples, or their middles where training crops. */
export function validationOf({ network, options: { validation }, plan }: TrainingTask): SampleSource | undefined {
  return validation && plan.recipe.augmentation.crop ? centerCrop(validation, network.inputShape) : validation;
}

function planTraining({ origin }: Network, samples: SampleSource, options: FittedTrainOptions): TrainingPlan {
  if (options.run) checkRunOptions(options.run);
  const { recipe: name = recipeFor(origin?.preset), seed = 0, validation } = options;
  const recipe = resolveRecipe(name, options);
  const { epochs = recipes[name].epochs } = options;
  checkOption('epochs', trainingOptions.epochs, epochs);
  checkOption('seed', trainingOptions.seed, seed);
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

/** Makes the error of a training that was stopped as asked. */
export function stopped(signal: AbortSignal, step: number, run?: TrainingRecord): AutoencoderError {
  const saved = run?.lastCheckpoint ? `; the last checkpoint is ${run.lastCheckpoint}` : '';
  const message = `train: stopped after step ${step} as asked${saved}.`;
  return new AutoencoderError('ABORTED', message, { cause: signal.reason });
}

/** A loss a thousand times that of black for white, and that of the first weights, will not come back. */
const explosion = 1000;

/** Throws DIVERGED for a loss of reconstructions that exploded, or a loss that is no number. */
async function checkLoss(
  { loss, reconstruction }: Pick<BatchResult, 'loss' | 'reconstruction'>,
  { network, session, run }: Training,
): Promise<void> {
  const limit = explosion * Math.max((255 * network.pixels.scale) ** 2, session.firstLoss);
  // Regularizers may add what they like.
  if (Number.isFinite(loss) && reconstruction < limit) return;
  // Saved before its validation, this network is none to go back to.
  await run?.withdraw(session.at);
  const what = Number.isFinite(loss) ? `${loss}, above the limit of ${limit.toPrecision(3)}` : loss;
  throw diverged(`the loss is ${what}`, session, run);
}
