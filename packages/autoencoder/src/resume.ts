import { Autoencoder, type AutoencoderOptions, type InitializeOptions } from './autoencoder';
import type { SampleSource } from './data/samples';
import { AutoencoderError } from './errors';
import { buildNetwork } from './load-checkpoint';
import { readRunConfig } from './run/run-config';
import type { RunOptions } from './training/run-options';
import type { TrainOptions } from './training/train-options';
import type { TrainingHistory } from './training/training-events';

/**
 * What a run's config.json can't hold: its validation samples and callbacks, and how often to save and log from here on. More `epochs`
 * lengthen a run whose schedule allows it.
 */
export interface ResumeOptions
  extends Pick<
    TrainOptions,
    'epochs' | 'validation' | 'signal' | 'onStep' | 'onPass' | 'onEpoch' | 'onCheckpoint' | 'onWarning'
  > {
  readonly run?: Omit<RunOptions, 'folder' | 'resume'>;
}

/**
 * Goes on with a run from its last checkpoint, by the settings in its config.json, on whatever backend is set. Samples must
 * be those that the run began with. Resolves to the network, which is then the caller's, and the history from the start.
 *
 * Throws as `Autoencoder.train` does; INVALID_OPTION for a network of layers given by hand, which config.json can't
 * hold: build it again and call its `train` with `run: { folder, resume: true }`.
 */
export async function resumeTraining(
  folder: string,
  samples: SampleSource,
  { run, ...options }: ResumeOptions = {},
): Promise<{ autoencoder: Autoencoder; history: TrainingHistory }> {
  const { inputShape, pixels, network, seed, options: recipe, from } = await readRunConfig(folder);
  if (from !== undefined) {
    const autoencoder = await buildNetwork(folder);
    return goOn(autoencoder, samples, { ...recipe, ...given(options), seed, run: { ...run, folder, resume: true } });
  }
  const { initialization, ...architecture } = (network ?? {}) as AutoencoderOptions & {
    initialization?: InitializeOptions;
  };
  if (!architecture.preset || !initialization) {
    throw new AutoencoderError(
      'INVALID_OPTION',
      `${folder}: expected the run of a network made from a preset, received another; build the network again and call its ` +
        'train() with run: { folder, resume: true }.',
    );
  }
  const autoencoder = new Autoencoder({ ...architecture, inputShape, pixels });
  await autoencoder.initialize(initialization);
  return goOn(autoencoder, samples, { ...recipe, ...given(options), seed, run: { ...run, folder, resume: true } });
}

/** Options that are there: the others are those of the run. */
function given<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

async function goOn(autoencoder: Autoencoder, samples: SampleSource, options: TrainOptions) {
  try {
    return { autoencoder, history: await autoencoder.train(samples, options) };
  } catch (error) {
    autoencoder.dispose();
    throw error;
  }
}
