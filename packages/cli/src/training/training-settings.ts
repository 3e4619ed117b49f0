import path from 'node:path';
import type { AutoencoderOptions, RunConfig, TrainOptions } from '@ae/autoencoder';
import { type FoundModel, findModel, placeOf } from '../network/find-model';
import type { CheckpointOptions } from '../network/load-network';
import { CliError } from '../shell/cli-error';
import { quote } from '../shell/command-line';
import { type ImageSize, type RecipeFlags, type RecipeName, recipeChanges } from './recipe-options';
import { assertResumable } from './run-place';

/** How the first weights are drawn. */
export type InitScheme = 'projection' | 'torch';

/** What the command line may hold of a training beside its recipe. */
export interface SettingsFlags extends RecipeFlags, CheckpointOptions {
  readonly from?: string;
  readonly val?: string;
  readonly epochs?: number;
  readonly seed?: number;
  readonly init?: InitScheme;
  readonly initSeed?: number;
  readonly preset?: 'mirror' | 'torch7';
  readonly codeSize?: number;
  readonly variational?: boolean;
  readonly pixelScale?: number;
  readonly channelOrder?: 'rgb' | 'bgr';
}

/** All that determines a training. */
export interface TrainingSettings {
  readonly trainPath: string;
  readonly validationPath?: string;
  readonly epochs: number;
  readonly seed: number;
  readonly network: NetworkSettings;
  /** The network's input where it is not the images' size. */
  readonly crop?: ImageSize;
  readonly recipe: TrainOptions;
  /** Images of an epoch where it is not one pass over all. */
  readonly imagesPerEpoch?: number;
}

/** A network to be built, or one whose weights are there. */
export type NetworkSettings =
  | {
      readonly architecture: AutoencoderOptions & { readonly preset: 'mirror' | 'torch7' };
      readonly initialization: { readonly seed: number; readonly scheme: InitScheme };
    }
  | { readonly from: FoundModel };

const defaultEpochs: Record<RecipeName, number> = { default: 15, plain: 15, torch7: 100 };

/** Settles a new training; throws INVALID_OPTION for flags that don't go together. */
export async function newSettings(trainPath: string, flags: SettingsFlags): Promise<TrainingSettings> {
  const { recipes } = await import('@ae/autoencoder');
  const { recipe: name = 'default', seed = 0, preset = 'mirror', codeSize, variational } = flags;
  if (flags.from === undefined) checkBeta(flags, variational);
  const base = recipes[name];
  const recipe = { recipe: name, ...recipeChanges(flags, base) };
  return {
    trainPath,
    validationPath: flags.val,
    epochs: flags.epochs ?? defaultEpochs[name],
    seed,
    network:
      flags.from === undefined
        ? {
            architecture: { preset, codeSize, variational, pixels: pixelsOf(flags) },
            initialization: {
              seed: flags.initSeed ?? seed,
              scheme: flags.init ?? (name === 'torch7' ? 'torch' : 'projection'),
            },
          }
        : { from: await sourceOf(flags.from, flags) },
    crop: flags.crop,
    recipe,
    imagesPerEpoch: imagesPerEpoch(recipe.records ?? base.records),
  };
}

/** What config.json of a run knows of its network. */
interface Origin {
  readonly preset?: 'mirror' | 'torch7';
  readonly codeSize?: number;
  readonly variational?: boolean;
  readonly initialization?: { readonly seed?: number; readonly scheme?: InitScheme };
}

/** Settles how a run goes on: as it began, but for what the flags say, which the library then compares. */
export async function resumedSettings(
  run: string,
  trainPath: string | undefined,
  flags: SettingsFlags,
): Promise<TrainingSettings> {
  const { readRunConfig } = await import('@ae/autoencoder');
  await assertResumable(run);
  const config = await readRunConfig(run);
  const { epochs, ...saved } = config.options;
  const seed = flags.seed ?? config.seed;
  const changes = recipeChanges(flags, saved);
  const recipe = flags.recipe ? { recipe: flags.recipe, ...changes } : { ...saved, ...changes };
  return {
    trainPath: trainPath ?? (await trainingPlace(config, run)),
    validationPath: flags.val ?? (await placeOf(config.data.validation, run, `${resumeCommand(run)} --val <val.lmdb>`)),
    epochs: flags.epochs ?? epochs,
    seed,
    network: config.from === undefined ? rebuilt(config, run, seed, flags) : { from: await startOf(run, flags) },
    crop: flags.crop ?? (saved.augmentation.crop ? sizeOf(config) : undefined),
    recipe,
    imagesPerEpoch: imagesPerEpoch(recipe.records),
  };
}

/** The network of a run that began with weights of its own. */
function rebuilt(config: RunConfig, run: string, seed: number, flags: SettingsFlags): NetworkSettings {
  const origin = (config.network ?? {}) as Origin;
  const preset = flags.preset ?? origin.preset;
  if (!preset) throw ownNetwork(run);
  checkBeta(flags, flags.variational ?? origin.variational);
  return {
    architecture: {
      preset,
      codeSize: flags.codeSize ?? origin.codeSize,
      variational: flags.variational ?? origin.variational,
      pixels: { ...config.pixels, ...pixelsOf(flags) },
    },
    initialization: {
      seed: flags.initSeed ?? origin.initialization?.seed ?? seed,
      scheme: flags.init ?? origin.initialization?.scheme ?? 'projection',
    },
  };
}

/** What a run begins with instead of first weights; throws for flags of a network that is there already. */
function sourceOf(from: string, flags: SettingsFlags): Promise<FoundModel> {
  assertNoNetworkFlags(flags, `--from ${from}`);
  return findModel(from, flags.checkpoint);
}

/** The network with which a run began that was given one. */
async function startOf(run: string, flags: SettingsFlags): Promise<FoundModel> {
  const { startFolder } = await import('@ae/autoencoder');
  assertNoNetworkFlags(flags, `--resume ${run}`);
  return { model: path.join(run, startFolder) };
}

function assertNoNetworkFlags(flags: SettingsFlags, other: string): void {
  const names = ['preset', 'codeSize', 'variational', 'init', 'initSeed', 'pixelScale', 'channelOrder'] as const;
  const given = names.find((name) => flags[name] !== undefined);
  if (given === undefined) return;
  const flag = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new CliError('INVALID_OPTION', `--${flag}: the network of ${other} is as it is; leave --${flag} out.`);
}

function checkBeta({ beta }: SettingsFlags, variational = false): void {
  if (beta === undefined || variational) return;
  throw new CliError(
    'INVALID_OPTION',
    '--beta: expected with --variational, received none; add it, or leave --beta out.',
  );
}

function pixelsOf({ pixelScale, channelOrder }: SettingsFlags): NonNullable<AutoencoderOptions['pixels']> {
  return { ...(pixelScale && { scale: pixelScale }), ...(channelOrder && { channelOrder }) };
}

function imagesPerEpoch(records: TrainOptions['records']): number | undefined {
  return records ? records.perEpoch * records.passes : undefined;
}

function sizeOf({ inputShape: [height, width] }: RunConfig): ImageSize {
  return { height, width };
}

function resumeCommand(run: string, train = ''): string {
  return `ae train ${train}--resume ${quote(run)}`;
}

async function trainingPlace({ data }: RunConfig, run: string): Promise<string> {
  const command = resumeCommand(run, '<train.lmdb> ');
  const place = await placeOf(data.train, run, command);
  if (place !== undefined) return place;
  throw new CliError(
    'INVALID_OPTION',
    `${run}: expected the name of the training images, which the run does not hold; add it: ${command}.`,
  );
}

function ownNetwork(run: string): CliError {
  return new CliError(
    'INVALID_OPTION',
    `${run}: expected a run whose network is a preset, received one of its own layers; resume it by the program that began it.`,
  );
}
