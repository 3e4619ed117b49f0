import type { AutoencoderOptions, InitializeOptions, ReadRun, TrainOptions } from '@ae/autoencoder';
import { networkOptions, type Recipe, type RecipeName, recipeFor, recipes } from '@ae/autoencoder/options';
import type { Amount, RunConfig } from '@ae/autoencoder/runs';
import type { FitFlags } from '../data/fit-option';
import type { SplitWish } from '../data/image-split';
import type { ImportWish } from '../data/imported-images';
import { importWish, splitOfRun, usualSize, wishOfRun } from '../data/run-images';
import { type FoundModel, findModel, ownNetwork, placeOf } from '../network/find-model';
import { type CheckpointOptions, configOf } from '../network/load-network';
import { CliError } from '../shell/cli-error';
import { quote } from '../shell/command-line';
import type { ImageSize } from '../shell/options';
import { recipeChanges } from './recipe-changes';
import { assertResumable } from './run-place';
import { flagFor, givenValues } from './train-flags';

/** What the command line may say about training; flags that stand for library options keep their own names. */
export interface SettingsFlags extends CheckpointOptions, Readonly<Record<string, unknown>> {
  readonly recipe?: RecipeName;
  readonly from?: string;
  readonly val?: string;
  readonly epochs?: number;
  readonly steps?: number;
  readonly minutes?: number;
  readonly seed?: number;
  readonly crop?: ImageSize;
  readonly variational?: boolean;
  /** The split that `val` asks for. */
  readonly split?: SplitWish;
  readonly resize?: ImageSize;
  readonly gray?: boolean;
  readonly fit?: FitFlags['fit'];
  readonly resampler?: FitFlags['resampler'];
}

/** Everything that determines a training run. */
export interface TrainingSettings {
  readonly trainPath: string;
  readonly validationPath?: string;
  /** Set if the validation images are a part of the training images. */
  readonly split?: SplitWish;
  /** How images that are not in an LMDB are imported. */
  readonly wish: ImportWish;
  readonly amount: Amount;
  readonly network: NetworkSettings;
  /** The network's input size, if it is not the images' size. */
  readonly crop?: ImageSize;
  /** The options of the recipe; for a resumed run, only those given again. */
  readonly options: Partial<Recipe> & Pick<TrainOptions, 'recipe' | 'seed'>;
  /** Images per epoch, if an epoch is not one pass over all of them. */
  readonly imagesPerEpoch?: number;
}

/** A network to be built, or one with existing weights. */
export type NewNetwork =
  | { readonly architecture: AutoencoderOptions; readonly initialization: InitializeOptions }
  | { readonly from: FoundModel };

/** The network to train: a new one, or that of a run with the options that were given again. */
export type NetworkSettings = NewNetwork | { readonly run: ReadRun; readonly changes: NetworkChanges };

type NetworkChanges = Pick<
  AutoencoderOptions,
  'preset' | 'codeSize' | 'coefficients' | 'zones' | 'variational' | 'pixels'
> & {
  readonly initialization?: InitializeOptions;
};

/**
 * Determines the settings of a new training run, based on those of another run if `base` is given, with the changes that the flags make;
 * throws INVALID_OPTION for flags that cannot be combined.
 */
export async function newSettings(
  trainPath: string,
  flags: SettingsFlags,
  base?: RunConfig,
): Promise<TrainingSettings> {
  const { seed = base?.seed ?? 0 } = flags;
  const { preset = 'mirror', initialization, ...architecture } = networkOf(flags, base);
  if (flags.from === undefined) checkBeta(flags, architecture.variational);
  const recipe = flags.recipe ?? recipeFor(flags.from === undefined ? preset : undefined);
  const repeated = flags.recipe === undefined ? base?.options : undefined;
  const whole = repeated ?? recipes[recipe];
  const changes = recipeChanges(flags, whole);
  const crop = flags.crop ?? (base?.options.augmentation.crop ? sizeOf(base) : undefined);
  return {
    trainPath,
    validationPath: flags.val,
    split: flags.split,
    wish: await wishOfNew({ ...flags, crop }, base),
    amount: amountOf(flags, whole),
    network:
      flags.from === undefined
        ? { architecture: { preset, ...architecture }, initialization: { seed, recipe, ...initialization } }
        : { from: await sourceOf(flags.from, flags) },
    crop,
    options: { recipe, seed, ...(repeated && recipeOf(repeated)), ...changes },
    imagesPerEpoch: imagesPerEpoch(changes.records ?? whole.records),
  };
}

/** How long to train: what the flags say, or else as long as the repeated run. */
function amountOf({ epochs, steps, minutes }: SettingsFlags, base: Amount): Amount {
  if (steps === undefined && minutes === undefined && epochs === undefined) {
    return { epochs: base.epochs, steps: base.steps, minutes: base.minutes };
  }
  return { epochs: epochs ?? base.epochs, steps, minutes };
}

function recipeOf({ epochs, steps, minutes, ...recipe }: RunConfig['options']): Recipe {
  return recipe;
}

/** Applies the network flags to the settings of a repeated run. Another preset has its own code and initial weights. */
function networkOf(flags: SettingsFlags, base: RunConfig | undefined): NetworkChanges {
  const changes = networkChanges(flags);
  if (!base || flags.from !== undefined) return changes;
  const { preset, codeSize, coefficients, zones, variational, initialization } = (base.network ?? {}) as NetworkChanges;
  const isSame = changes.preset === undefined || changes.preset === preset;
  // The weights are initialized with the seed of the training run unless they have their own.
  const { seed, ...scheme } = initialization ?? {};
  const own = seed === base.seed ? scheme : { ...scheme, seed };
  return {
    preset: changes.preset ?? preset,
    codeSize: changes.codeSize ?? (isSame ? codeSize : undefined),
    // A code of another size considers as many coefficients, and has as many zones, as it does by default.
    coefficients: changes.coefficients ?? (isSame && changes.codeSize === undefined ? coefficients : undefined),
    zones: changes.zones ?? (isSame && changes.codeSize === undefined ? zones : undefined),
    variational: changes.variational ?? variational,
    pixels: { ...base.pixels, ...changes.pixels },
    initialization: { ...(isSame && own), ...changes.initialization },
  };
}

/** Returns how images are imported for a new training run. */
async function wishOfNew(
  { from, resize, crop, gray, fit, resampler }: SettingsFlags,
  base: RunConfig | undefined,
): Promise<ImportWish> {
  const size = resize ?? (crop ? undefined : usualSize);
  const config = base ?? (from === undefined ? undefined : await configOf(await findModel(from)));
  if (!config) return importWish({ size, gray, fit, resampler });
  const before = wishOfRun(config);
  return importWish({
    ...before,
    size: resize ?? (crop ? undefined : before.size),
    gray: gray ?? before.gray,
    fit: fit ?? before.fit,
    resampler: resampler ?? before.resampler,
  });
}

/** Determines how a run is resumed: with its original settings, and what the flags say, which the library then compares. */
export async function resumedSettings(
  folder: string,
  trainPath: string | undefined,
  flags: SettingsFlags,
): Promise<TrainingSettings> {
  const { readRunConfig } = await import('@ae/autoencoder/runs');
  await assertResumable(folder);
  const config = await readRunConfig(folder);
  const saved = recipeOf(config.options);
  const { recipe, seed } = flags;
  const base = recipe ? recipes[recipe] : saved;
  const changes = recipeChanges(flags, base);
  if (config.from !== undefined) assertNoNetworkFlags(flags, `--resume ${folder}`);
  const place = trainPath ?? (await trainingPlace(config, folder));
  const split = flags.val === undefined ? (flags.split ?? splitOfRun(config)) : undefined;
  const isOwn = split !== undefined;
  return {
    trainPath: place,
    split,
    wish: wishOfRun(config),
    validationPath: isOwn
      ? place
      : (flags.val ?? (await placeOf(config.data.validation, folder, `${resumeCommand(folder)} --val <val.lmdb>`))),
    amount: amountOf(flags, config.options),
    network: { run: { folder, config }, changes: resumedNetwork(config, folder, flags) },
    crop: flags.crop ?? (saved.augmentation.crop ? sizeOf(config) : undefined),
    options: { recipe, seed, ...changes },
    imagesPerEpoch: imagesPerEpoch(changes.records ?? base.records),
  };
}

/** What the flags say about the network of a run. */
function resumedNetwork({ network, from }: RunConfig, folder: string, flags: SettingsFlags): NetworkChanges {
  const changes = networkChanges(flags);
  if (from !== undefined) return changes;
  const { preset, variational } = (network ?? {}) as NetworkChanges;
  if (!preset) throw ownNetwork(folder, 'resume the run with that program');
  checkBeta(flags, changes.variational ?? variational);
  return changes;
}

/** Moves the network flags to their places in the library's options. */
function networkChanges(flags: SettingsFlags): NetworkChanges {
  const given = givenValues(flags);
  const partsOf = (table: object, prefix: string) =>
    Object.fromEntries(
      Object.keys(table)
        .map((key) => [key, given.get(prefix + key)] as const)
        .filter(([, value]) => value !== undefined),
    );
  const { pixels, initialization, ...own } = networkOptions;
  return {
    ...partsOf(own, ''),
    pixels: partsOf(pixels.options, 'pixels.'),
    initialization: partsOf(initialization.options, 'initialization.'),
  };
}

/** Returns the weights that a run starts from; throws for flags that describe a network when there already is one. */
function sourceOf(from: string, flags: SettingsFlags): Promise<FoundModel> {
  assertNoNetworkFlags(flags, `--from ${from}`);
  return findModel(from, flags.checkpoint);
}

function assertNoNetworkFlags(flags: SettingsFlags, other: string): void {
  const ofNetwork = Object.keys(networkOptions);
  const path = [...givenValues(flags).keys()].find((each) => ofNetwork.includes(each.split('.')[0]));
  if (path === undefined) return;
  const { typed } = flagFor(path);
  throw new CliError('INVALID_OPTION', `${typed} cannot change the network of ${other}; leave ${typed} out.`);
}

/** Throws for a flag that weights the divergence of a network that has none. */
function checkBeta(flags: SettingsFlags, variational = false): void {
  const given = givenValues(flags);
  const path = ['beta', 'betaWarmUpFraction', 'freeBits'].find((each) => given.has(each));
  if (path === undefined || variational) return;
  const { typed } = flagFor(path);
  throw new CliError('INVALID_OPTION', `${typed} requires --variational; add it, or leave ${typed} out.`);
}

function imagesPerEpoch(records: Recipe['records']): number | undefined {
  return records ? records.perEpoch * (records.passes ?? 1) : undefined;
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
  throw new CliError('INVALID_OPTION', `${run} does not say which images it was trained on; name them: ${command}.`);
}
