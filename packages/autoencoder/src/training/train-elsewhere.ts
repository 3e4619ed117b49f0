import type { Images } from '../data/images';
import { AutoencoderError } from '../errors/errors';
import type { Network } from '../network/network';
import type { Elsewhere } from './elsewhere';
import { finish, groupsOf, historyOf, stop, type Training, withTraining } from './open-training';
import type { TrainOptions } from './train-options';
import type { TrainingHistory } from './training-events';
import type { OpenRecord } from './training-record';

/** Leaves the updates to another program: prepares the run that it continues, and loads the results. */
export async function trainElsewhere(
  network: Network,
  images: Images,
  given: TrainOptions,
  elsewhere: Elsewhere,
  openRecord?: OpenRecord,
): Promise<TrainingHistory> {
  const { run, signal } = given;
  if (!run) throw new AutoencoderError('INVALID_OPTION', 'elsewhere: expected a run to train, received none; set run.');
  const begun = await withTraining(network, images, given, openRecord, async (training) => {
    const { session } = training;
    await training.run?.save(session);
    await training.run?.settle();
    await elsewhere.prepare({ ...training, run, firstLosses: (count) => firstLosses(count, training) });
    return historyOf(session);
  });
  if (!(await elsewhere.train(given))) return begun;
  // The rest is to be done, whatever was requested in the meantime.
  const others = { ...given, signal: undefined, run: { ...run, resume: true } };
  return withTraining(network, images, others, openRecord, (training) => comeBack(training, signal), true);
}

/** Makes the next updates of an epoch for their losses. */
async function firstLosses(count: number, training: Training): Promise<number[]> {
  const losses: number[] = [];
  for await (const group of groupsOf(training)) {
    if (losses.length === count) break;
    const result = await training.session.update(group, training.clock);
    if (result) losses.push(result.loss);
  }
  return losses;
}

/** Loads what was trained elsewhere: to its end, or until `signal` is aborted. */
async function comeBack(training: Training, signal?: AbortSignal): Promise<TrainingHistory> {
  const { session, run } = training;
  if (!session.isOver && signal?.aborted) return stop(training, signal);
  if (!session.isOver) {
    const message = `train: training elsewhere ended at step ${session.at.step}, before the last epoch; resume the run.`;
    throw new AutoencoderError('CHECKPOINT_FAILED', message);
  }
  const { length: epochs } = session.at.history;
  await session.withFinalWeights(async () => run?.drawSamples(epochs, session.at.step));
  return finish(training);
}
