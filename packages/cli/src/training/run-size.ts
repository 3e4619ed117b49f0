import { type Recipe, recipes } from '@ae/autoencoder/options';
import { formatBytes, formatCount, type Terminal } from '../shell/terminal';
import { givenValues } from './train-flags';
import type { NewNetwork, TrainingSettings } from './training-settings';

/** Folders of runs from this size on deserve a warning before they are written. */
const manyBytes = 1e9;

/** Warns if the folder of a run will exceed a gigabyte, before memory is allocated for its network. */
export async function warnOfLargeRun(
  source: NewNetwork,
  { options }: TrainingSettings,
  flags: Readonly<Record<string, unknown>>,
  terminal: Terminal,
): Promise<void> {
  // An existing network was written before.
  if ('from' in source) return;
  const { Autoencoder } = await import('@ae/autoencoder');
  const { estimateRun } = await import('@ae/autoencoder/runs');
  const { preset = 'mirror' } = source.architecture;
  const count = weightsOf(() => new Autoencoder(source.architecture).weightCount);
  if (count === undefined) return;
  const recipe: Recipe = { ...recipes[options.recipe ?? 'default'], ...options };
  const keep = givenValues(flags).get('run.keep') as number | undefined;
  const estimate = estimateRun(count, recipe, { keep });
  if (estimate.bytes < manyBytes) return;
  const { weights, checkpointBytes, checkpoints, bytes } = estimate;
  terminal.event({ event: 'large-run', ...estimate });
  terminal.warn(
    `the folder of this run will grow to about ${formatBytes(bytes)}: a network of ${formatCount(weights)} weights, in ${checkpoints} checkpoints ` +
      `of ${formatBytes(checkpointBytes)} each; ${adviceFor(preset)}.`,
  );
}

/** Advice for a smaller run. */
function adviceFor(preset: string): string {
  const others = 'use smaller images (ae resize, --crop), a smaller --code-size, or --keep 1';
  if (preset === 'transform') return `to save space, ${others}`;
  return `to save space, choose --preset transform, whose weights hardly grow with the images, or ${others}`;
}

/** Returns nothing for a network that cannot be built: the reason is given when it is to be built. */
function weightsOf<T>(count: () => T): T | undefined {
  try {
    return count();
  } catch {
    return undefined;
  }
}
