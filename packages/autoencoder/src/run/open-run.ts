import { unlessAborted } from '../data/event-loop';
import { fetchSamples } from '../data/samples';
import { centerCrop } from '../training/augmentation';
import { stopped, validationOf } from '../training/open-training';
import type { RunOptions } from '../training/run-options';
import type { TrainingTask } from '../training/training-record';
import { describeRun } from './describe-run';
import { RunFolder } from './run-folder';

/** Opens the folder of a run, which draws the first of its validation samples, or else of its training samples, after each epoch. */
export async function openRun(run: RunOptions, task: TrainingTask): Promise<RunFolder> {
  const { network, samples, plan, isBack } = task;
  const { signal, onCheckpoint, onWarning } = task.options;
  const trained = plan.recipe.augmentation.crop ? centerCrop(samples, network.inputShape) : samples;
  const shown = validationOf(task) ?? trained;
  const indices = Array.from({ length: Math.min(run.sampleCount ?? 8, shown.length) }, (_, i) => i);
  const config = await unlessAborted(describeRun(run, task), signal);
  const shownSamples = await unlessAborted(fetchSamples(shown, indices, network.inputShape), signal);
  if (!config || !shownSamples) throw stopped(signal as AbortSignal, 0);
  return RunFolder.open(run, { network, config, samples: shownSamples, plan, isBack, onCheckpoint, onWarning });
}
