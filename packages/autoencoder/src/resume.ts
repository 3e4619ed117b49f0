import { Autoencoder, type AutoencoderOptions, type InitializeOptions } from './autoencoder';
import { AutoencoderError } from './errors';
import { readRunConfig } from './run/run-config';
import type { RunOptions } from './run/run-folder';
import type { SampleSource } from './samples';
import type { TrainOptions } from './train';
import type { TrainingHistory } from './training-events';

/** What a run's config.json can't hold: its validation samples and callbacks, and how often to save and log from here on. */
export interface ResumeOptions
  extends Pick<TrainOptions, 'validation' | 'signal' | 'onStep' | 'onPass' | 'onEpoch' | 'onCheckpoint' | 'onWarning'> {
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
  const { inputShape, pixels, network, seed, options: recipe } = await readRunConfig(folder);
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
  try {
    await autoencoder.initialize(initialization);
    const history = await autoencoder.train(samples, {
      ...recipe,
      ...options,
      ...{ seed, run: { ...run, folder, resume: true } },
    });
    return { autoencoder, history };
  } catch (error) {
    autoencoder.dispose();
    throw error;
  }
}
