import { untilAborted } from '../data/event-loop';
import type { Images } from '../data/images';
import type { Sample } from '../data/samples';
import { evaluateNetwork } from '../evaluation/evaluate';
import { psnrDb } from '../evaluation/metrics/psnr';
import { weightCountOf } from '../network/count-weights';
import type { Network } from '../network/network';
import { centerCrop } from './augmentation';
import { diverged } from './diverged';
import { finish, groupsOf, stop, type Training, validationOf, withTraining } from './open-training';
import { collapseWarning } from './posterior-collapse';
import { trainElsewhere } from './train-elsewhere';
import { checkTrainKeys, type TrainOptions } from './train-options';
import type { EpochSummary, TrainingHistory, ValidationScore } from './training-events';
import type { OpenRecord } from './training-record';
import { monitoredError } from './training-session';
import type { BatchResult } from './training-step';
import { checkpointBytes, expectedEpochEndMs } from './training-time';

/** Minimizes the loss of reconstructions; see `Autoencoder.train`. */
export async function trainNetwork(
  network: Network,
  images: Images,
  given: TrainOptions = {},
  openRecord?: OpenRecord,
): Promise<TrainingHistory> {
  checkTrainKeys(given);
  const { elsewhere } = given;
  if (elsewhere) return trainElsewhere(network, images, given, elsewhere, openRecord);
  return withTraining(network, images, given, openRecord, trainToTheEnd);
}

async function trainToTheEnd(training: Training): Promise<TrainingHistory> {
  while (!training.session.isOver) await trainEpoch(training);
  return finish(training);
}

/** Trains from the session's current position to the end of its epoch. */
async function trainEpoch(training: Training): Promise<void> {
  const { options, session, clock, run } = training;
  let last: readonly Sample[] = [];
  for await (const group of untilAborted(groupsOf(training), options.signal)) {
    if (session.isSpent) break;
    last = group;
    const result = await session.update(group, clock, options.signal);
    if (!result) break;
    clock.tick(group.length);
    session.keepTime(epochEndMs(training));
    await checkLoss(result, training);
    await report(result, training);
    await clock.breathe();
    if (run?.isCheckpointDue(session.at.step)) await run.save(session);
  }
  if (options.signal?.aborted) await stop(training, options.signal);
  const imagesPerSecond = clock.imagesPerSecondOfEpoch();
  const before = performance.now();
  await endEpoch(last, training);
  const ms = performance.now() - before;
  training.lastEnd = { ms, imagesPerSecond };
  session.leaveOut(ms);
}

/** Saves and validates the network after an epoch, and reports it. */
async function endEpoch(last: readonly Sample[], training: Training): Promise<void> {
  const { options, session, clock, run } = training;
  const imagesPerSecond = clock.imagesPerSecondOfEpoch();
  await session.withFinalWeights(() => probe(last, training));
  // Before validation, which may take long: whatever happens there, the epoch's updates need not be made again.
  await run?.save(session);
  const validation = await validate(training);
  if (validation) await checkError(validation.mse, training);
  const { epoch, step } = session.at;
  const { epochLoss: loss, learningRate } = session;
  const scores = { loss, ...session.epochDivergence, learningRate, ...(validation && { validation }) };
  const { elapsedMs } = clock.reading();
  const summary = { epoch, step, ...scores, elapsedMs, imagesPerSecond };
  const notFinite = await session.keepIfBest(summary);
  if (notFinite) throw diverged(notFinite, session, run);
  await session.endEpoch(summary);
  await run?.epoch(summary, session.weights);
  await run?.confirm(summary, monitoredError(summary));
  warnOfCollapse(summary, training);
  await options.onEpoch?.(summary);
  clock.resume();
}

/**
 * Returns how long the end of an epoch takes: as long as the last one, adjusted to the current speed of the machine, or an estimate for the
 * first.
 */
function epochEndMs({ lastEnd, options, plan, network, run, clock }: Training): number {
  const imagesPerSecond = clock.imagesPerSecondOfEpoch();
  if (plan.minutes === undefined || imagesPerSecond === 0) return 0;
  if (lastEnd) return (lastEnd.ms * lastEnd.imagesPerSecond) / imagesPerSecond;
  const savedBytes = run ? checkpointBytes(weightCountOf(network.model), plan.recipe) : 0;
  return expectedEpochEndMs({ validated: options.validation?.length ?? 0, imagesPerSecond, savedBytes });
}

/** Warns, once, of a variational network that leaves most of its code unused. */
function warnOfCollapse(summary: EpochSummary, { network, options, session, warned }: Training): void {
  if (!session.isBetaWarm) return;
  const warning = collapseWarning(summary, network);
  if (!warning || warned.has(warning.code)) return;
  warned.add(warning.code);
  options.onWarning?.(warning);
}

/** Reports the update that was just made. */
async function report(result: BatchResult, { network, options, plan, session, clock, run }: Training): Promise<void> {
  const { epoch, step, images } = session.at;
  const { learningRate } = session;
  const amounts = { epoch, epochs: plan.epochs, step, steps: session.stepsExpected, images };
  const { reconstruction, ...losses } = result;
  const isError = plan.recipe.loss.name === 'mse' && result.divergence === undefined;
  const score = isError && { psnrDb: psnrDb(reconstruction, 255 * network.pixels.scale) };
  const progress = { ...amounts, ...losses, ...score, learningRate, ...clock.reading() };
  await run?.step(progress);
  options.onStep?.(progress);
  const pass = session.takePass();
  if (pass) options.onPass?.({ epoch, ...pass, learningRate });
}

/** Examines the current network: scores the validation samples and draws the run's samples. */
async function look(training: Training): Promise<ValidationScore | undefined> {
  const { network, options, session, run } = training;
  const { signal } = options;
  await run?.drawSamples(session.at.epoch, session.at.step);
  const source = validationOf(training);
  if (!source) return undefined;
  // Only what is on the disk cannot be lost.
  await run?.settle();
  const { mse, psnrDb, pooledPsnrDb } = await evaluateNetwork(network, source, { similarity: false, signal });
  return { mse, psnrDb, pooledPsnrDb };
}

/** Validates the network with the weights that would be kept; stops training if the signal is aborted in the meantime. */
async function validate(training: Training): Promise<ValidationScore | undefined> {
  const { session, options } = training;
  try {
    return await session.withFinalWeights(() => look(training));
  } catch (error) {
    if (!options.signal?.aborted || (error as { code?: unknown }).code !== 'ABORTED') throw error;
    return stop(training, options.signal);
  }
}

/** Examines some of the images just trained on, because no loss yet reflects the epoch's last update. */
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
  // Moving statistics adapt slowly: until they fit, the error may be anything. Other weights without gradients do not change.
  const isSettled = !training.network.model.layers.some((layer) => layer.getClassName() === 'BatchNormalization');
  await checkLoss({ loss: mse, reconstruction: isSettled || !Number.isFinite(mse) ? mse : 0 }, training);
}

/** A loss a thousand times that of black for white, and that of the initial weights, will not recover. */
const explosion = 1000;

/** Throws DIVERGED for a reconstruction loss that exploded, or a loss that is not a number. */
async function checkLoss(
  { loss, reconstruction }: Pick<BatchResult, 'loss' | 'reconstruction'>,
  { network, session, run }: Training,
): Promise<void> {
  const limit = explosion * Math.max((255 * network.pixels.scale) ** 2, session.firstLoss);
  // Regularizers may add any amount.
  if (Number.isFinite(loss) && reconstruction < limit) return;
  // This network, saved before its validation, is not worth going back to.
  await run?.withdraw(session.at);
  const what = Number.isFinite(loss) ? `${loss}, above the limit of ${limit.toPrecision(3)}` : loss;
  throw diverged(`the loss is ${what}`, session, run);
}
