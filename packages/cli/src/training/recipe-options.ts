import type { OptimizerOptions, TrainOptions } from '@ae/autoencoder';
import type { Command } from 'commander';
import { CliError } from '../shell/cli-error';
import { choiceOption, numberOption, parseNumber } from '../shell/options';
import { type OptimizerFlags, optimizerOptions, optimizers } from './optimizer-options';
import { type ScheduleFlags, type ScheduleOptions, scheduleOptions, schedules } from './schedule-options';

export type RecipeName = NonNullable<TrainOptions['recipe']>;

/** What the command line may hold of a recipe. */
export interface RecipeFlags extends OptimizerFlags, ScheduleFlags {
  readonly recipe?: RecipeName;
  readonly batchSize?: number;
  readonly accumulate?: number;
  readonly shuffle: boolean;
  readonly records?: number;
  readonly iters?: number;
  readonly loss?: 'mse' | 'mae' | 'ssim';
  readonly ssimWeight?: number;
  readonly beta?: number;
  readonly mirror?: boolean;
  readonly crop?: ImageSize;
  readonly noise?: number;
  readonly clipNorm?: number;
  readonly averageDecay?: number;
  readonly tiedWeights?: boolean;
  readonly earlyStopping?: number;
  readonly earlyStoppingThreshold?: number;
}

export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

/** The recipe that flags change: the named one, or that of a run to be resumed. */
export interface BaseRecipe extends Pick<TrainOptions, 'records' | 'loss' | 'augmentation' | 'earlyStopping'> {
  readonly optimizer: OptimizerOptions;
  readonly schedule: ScheduleOptions;
}

/** Adds what is neither optimiser nor schedule. */
export function addLossOptions(command: Command): Command {
  const fraction = { min: 0, max: 1 };
  const part = { min: 0, below: 1 };
  return command
    .optionsGroup('Loss and images:')
    .addOption(choiceOption('--loss <name>', 'of reconstructions (default: by recipe)', ['mse', 'mae', 'ssim']))
    .addOption(numberOption('--ssim-weight <n>', 'of --loss ssim, which adds MAE (default: 0.84)', fraction))
    .addOption(numberOption('--beta <n>', 'weight of the divergence, of --variational (default: 0.01)', { min: 0 }))
    .option('--mirror', 'mirror images left to right at random')
    .option('--crop <size>', 'train on random parts of this size, and validate on the middle', (text) =>
      parseSize('--crop', text),
    )
    .addOption(numberOption('--noise <n>', 'deviation of noise on the input, 1 from black to white', { min: 0 }))
    .optionsGroup('Keeping it steady:')
    .addOption(numberOption('--clip-norm <n>', 'largest norm of the gradients', { min: 0, above: true }))
    .addOption(numberOption('--average-decay <n>', 'keep a moving average of the weights, such as 0.999', part))
    .addOption(
      numberOption('--early-stopping <epochs>', 'end after so many without a lower error; best weights stay', {
        min: 1,
        integer: true,
      }),
    )
    .addOption(numberOption('--early-stopping-threshold <n>', 'by how much of itself it must fall', part));
}

/** Reads a size such as 64 or 48x64, height first. */
export function parseSize(flag: string, text: string): ImageSize {
  const parts = text.split('x');
  if (parts.length > 2 || parts.includes('')) {
    throw new CliError('INVALID_OPTION', `${flag}: expected a size such as 64 or 48x64, received "${text}".`);
  }
  const [height, width = height] = parts.map((part) =>
    Number(parseNumber(flag, part, { min: 1, max: 65500, integer: true })),
  );
  return { height, width };
}

/** Returns what the flags change of a recipe; throws INVALID_OPTION for flags that don't go together. */
export function recipeChanges(flags: RecipeFlags, base: BaseRecipe): TrainOptions {
  const all = flags as RecipeFlags & Readonly<Record<string, unknown>>;
  const policy = flags.schedule ?? base.schedule.policy;
  const optimizer = flags.optimizer ?? base.optimizer.name;
  const { batchSize, accumulate, beta, clipNorm, averageDecay, tiedWeights } = flags;
  const changes = {
    ...{ batchSize, accumulate, beta, clipNorm, averageDecay, tiedWeights },
    shuffle: flags.shuffle ? undefined : false,
    optimizer: optimizerOptions(all, base.optimizer, schedules.table[policy]),
    schedule: scheduleOptions(all, base.schedule, optimizers.table[optimizer]),
    records: recordOptions(flags, base),
    loss: lossOptions(flags, base),
    augmentation: augmentationOptions(flags, base),
    earlyStopping: earlyStoppingOptions(flags, base),
  };
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}

function recordOptions({ records, iters }: RecipeFlags, base: BaseRecipe): TrainOptions['records'] {
  if (records === undefined && iters === undefined) return undefined;
  const perEpoch = records ?? base.records?.perEpoch;
  if (perEpoch !== undefined) return { perEpoch, passes: iters ?? base.records?.passes ?? 1 };
  throw new CliError(
    'INVALID_OPTION',
    '--iters: expected with --records or --recipe torch7, received neither; add --records, or use --epochs.',
  );
}

function lossOptions({ loss, ssimWeight }: RecipeFlags, base: BaseRecipe): TrainOptions['loss'] {
  if (loss === undefined && ssimWeight === undefined) return undefined;
  const name = loss ?? base.loss?.name ?? 'mse';
  if (name === 'ssim') {
    return {
      ...(base.loss?.name === name && base.loss),
      name,
      ...(ssimWeight !== undefined && { weight: ssimWeight }),
    };
  }
  if (ssimWeight === undefined) return { name };
  throw new CliError(
    'INVALID_OPTION',
    `--ssim-weight: expected with --loss ssim, received --loss ${name}; leave it out, or choose that loss.`,
  );
}

function augmentationOptions({ mirror, crop, noise }: RecipeFlags, base: BaseRecipe): TrainOptions['augmentation'] {
  if (!mirror && !crop && noise === undefined) return undefined;
  return {
    ...base.augmentation,
    ...(mirror && { mirror }),
    ...(crop && { crop: true }),
    ...(noise !== undefined && { noise }),
  };
}

function earlyStoppingOptions(
  { earlyStopping: patience, earlyStoppingThreshold: threshold }: RecipeFlags,
  base: BaseRecipe,
): TrainOptions['earlyStopping'] {
  if (patience === undefined && threshold === undefined) return undefined;
  if (patience === undefined && !base.earlyStopping) {
    throw new CliError(
      'INVALID_OPTION',
      '--early-stopping-threshold: expected with --early-stopping, received none; add it.',
    );
  }
  return {
    ...base.earlyStopping,
    ...(patience !== undefined && { patience }),
    ...(threshold !== undefined && { threshold }),
  };
}
