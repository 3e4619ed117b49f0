import type { Autoencoder, SampleSource } from '@ae/autoencoder';
import { assertShape } from '../data/image-sizes';
import { openSamples } from '../data/open-samples';
import { splitOfRun, wishForNetwork, wishOfRun } from '../data/run-images';
import type { SampleDatabase } from '../data/sample-database';
import { CliError, explain } from '../shell/cli-error';
import type { Terminal } from '../shell/terminal';
import { type FoundModel, placeOf } from './find-model';
import { configOf, type ReadFlags } from './load-network';

/** The images that a network was trained on, to fit PCA to. */
export interface TrainingImages {
  readonly samples: SampleSource;
  close(): void;
}

/** The value of `--baselines`: a path, true for the run's images, false for none; undefined for the run's images if it has some. */
export type GivenBaselines = string | boolean | undefined;

/** Opens the images that a network was trained on. If they were not asked for and cannot be opened, PCA is left out with a note. */
export async function openTrainingImages(
  given: GivenBaselines,
  found: FoundModel,
  network: Autoencoder,
  flags: ReadFlags,
  terminal: Terminal,
): Promise<TrainingImages | undefined> {
  if (given === false) return undefined;
  try {
    const place = await placeOfTraining(given, found);
    if (place === undefined) return undefined;
    const config = await configOf(found);
    const split = config && typeof given !== 'string' ? splitOfRun(config) : undefined;
    const wish = config ? wishOfRun(config) : wishForNetwork(network, flags);
    const database = await openSamples(place, {
      ...flags,
      images: { wish, terminal, isSaid: true },
      ...(split && { part: { split, side: 'train' } }),
    });
    if (typeof given === 'string') assertShape(database, network.inputShape, `the network of ${found.model}`);
    return { samples: await fitTo(database, network), close: () => database.close() };
  } catch (error) {
    if (given !== undefined) throw error;
    terminal.warn(`PCA is left out. ${explain(error).message}`);
    return undefined;
  }
}

async function placeOfTraining(
  given: string | true | undefined,
  { model, run }: FoundModel,
): Promise<string | undefined> {
  if (typeof given === 'string') return given;
  const { readRunConfig } = await import('@ae/autoencoder/runs');
  const known = run && (await placeOf((await readRunConfig(run)).data.train, run, '--baselines <train.lmdb>'));
  if (known || given === undefined) return known;
  throw new CliError(
    'INVALID_OPTION',
    `--baselines: ${model} does not say which images it was trained on; name them: --baselines <train.lmdb>.`,
  );
}

/** Returns images of the size that a network takes; if it was trained on crops, the centers of the images. */
export async function fitTo(source: SampleDatabase, { inputShape }: Autoencoder): Promise<SampleSource> {
  if (!source.isMixed && source.shape.every((size, i) => size === inputShape[i])) return source;
  const { centerCrop } = await import('@ae/autoencoder');
  return centerCrop(source, inputShape);
}
