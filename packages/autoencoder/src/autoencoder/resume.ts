import path from 'node:path';
import type { Images } from '../data/images';
import { AutoencoderError, checkText } from '../errors/errors';
import { Checkpoints } from '../run/checkpoints/checkpoints';
import { type RunConfig, readRunConfig, startFolder } from '../run/run-config';
import type { RunOptions } from '../training/run-options';
import type { TrainOptions } from '../training/train-options';
import type { TrainingHistory } from '../training/training-events';
import { Autoencoder } from './autoencoder';
import type { AutoencoderOptions, InitializeOptions } from './autoencoder-options';

/**
 * What a run's config.json can't hold: its validation samples and callbacks, and how often to save and log from here on. More `epochs`
 * lengthen a run whose schedule allows it. Whatever else is given must be as the run has it: OPTIONS_CHANGED names what is not.
 */
export interface ResumeOptions extends Omit<TrainOptions, 'run'> {
  readonly run?: Omit<RunOptions, 'folder' | 'resume'>;
  /** The network, if given; like the other options, it must be the run's. */
  readonly network?: Pick<AutoencoderOptions, 'preset' | 'codeSize' | 'variational' | 'inputShape' | 'pixels'> & {
    readonly initialization?: Pick<InitializeOptions, 'seed' | 'scheme'>;
  };
  /** Called with the network before it is trained further; then it is the caller's whatever happens. */
  readonly onNetwork?: (autoencoder: Autoencoder) => void;
}

/** A run whose config.json has been read. */
export interface ReadRun {
  readonly folder: string;
  readonly config: RunConfig;
}

/**
 * Goes on with a run from its last checkpoint, by the settings in its config.json, on whatever backend is set. Samples must
 * be those that the run began with. Resolves to the network, which is then the caller's, and the history from the start.
 *
 * Throws as `Autoencoder.train` does; INVALID_OPTION for a network of layers given by hand, which config.json can't
 * hold: build it again and call its `train` with `run: { folder, resume: true }`.
 */
export async function resumeTraining(
  run: string | ReadRun,
  samples: Images,
  { network, onNetwork, run: runOptions, ...options }: ResumeOptions = {},
): Promise<{ autoencoder: Autoencoder; history: TrainingHistory }> {
  const isRead = typeof run === 'object' && typeof run?.folder === 'string' && typeof run.config === 'object';
  if (!isRead) checkText('resumeTraining, run', run);
  const { folder, config } = typeof run === 'string' ? { folder: run, config: await readRunConfig(run) } : run;
  const autoencoder = await networkOf({ folder, config }, network);
  onNetwork?.(autoencoder);
  const { options: recipe, seed } = config;
  try {
    const amount = options.epochs === undefined ? {} : { steps: undefined, minutes: undefined };
    const all = { seed, ...(options.recipe === undefined && recipe), ...amount, ...given(options) };
    const history = await autoencoder.train(samples, { ...all, run: { ...runOptions, folder, resume: true } });
    return { autoencoder, history };
  } catch (error) {
    if (!onNetwork) autoencoder.dispose();
    throw error;
  }
}

/** Builds the network of a run. Its first weights are drawn only where there is no checkpoint to take others from. */
async function networkOf({ folder, config }: ReadRun, changes: ResumeOptions['network'] = {}): Promise<Autoencoder> {
  if (config.from !== undefined) return Autoencoder.load(path.join(folder, startFolder));
  type Origin = AutoencoderOptions & { readonly initialization?: InitializeOptions };
  const { initialization: first, ...origin } = (config.network ?? {}) as Origin;
  const { initialization: changed, inputShape = config.inputShape, pixels, ...others } = changes;
  const architecture = { ...origin, ...given(others), inputShape, pixels: { ...config.pixels, ...pixels } };
  if (!architecture.preset || !first) {
    throw new AutoencoderError('INVALID_OPTION', {
      state: `The network of ${folder} was built by a program, and only that program can rebuild it`,
      todo: 'build it, and call its train() with run: { folder, resume: true }',
    });
  }
  const autoencoder = new Autoencoder(architecture);
  const { last } = await Checkpoints.open(path.join(folder, 'checkpoints'), 1);
  await autoencoder.initialize({ ...first, ...given(changed ?? {}), draw: last === undefined });
  return autoencoder;
}

/** Returns the options that are there: the others are those of the run. */
function given<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}
