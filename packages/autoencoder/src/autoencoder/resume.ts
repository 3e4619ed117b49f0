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
 * Options that a run's config.json cannot contain: its validation samples and callbacks, and how often to save and log from now on. More
 * `epochs` lengthen a run if its schedule allows it. All other options must be those of the run: OPTIONS_CHANGED lists the differences.
 */
export interface ResumeOptions extends Omit<TrainOptions, 'run'> {
  readonly run?: Omit<RunOptions, 'folder' | 'resume'>;
  /** The network, if given; like the other options, it must be that of the run. */
  readonly network?: Pick<AutoencoderOptions, 'preset' | 'codeSize' | 'variational' | 'inputShape' | 'pixels'> & {
    readonly initialization?: Pick<InitializeOptions, 'seed' | 'scheme'>;
  };
  /** Called with the network before training continues; from then on, the network belongs to the caller, whatever happens. */
  readonly onNetwork?: (autoencoder: Autoencoder) => void;
}

/** A run whose config.json has been read. */
export interface ReadRun {
  readonly folder: string;
  readonly config: RunConfig;
}

/**
 * Resumes a run from its last checkpoint, with the settings in its config.json, on the active backend. The samples must be those that the
 * run was started with. Resolves to the network, which then belongs to the caller, and to the history from the start.
 *
 * Throws the errors of `Autoencoder.train`, and INVALID_OPTION for a network made of a list of layers, which config.json cannot contain:
 * build it again and call its `train` with `run: { folder, resume: true }`.
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

/** Builds the network of a run. Initial weights are computed only if there is no checkpoint to load others from. */
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

/** Returns the options that are set; the others are those of the run. */
function given<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}
