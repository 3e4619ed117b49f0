import path from 'node:path';
import type { PixelFormat } from '../data/pixels';
import type { ImageShape } from '../data/samples';
import { AutoencoderError, checkText, type OptionDifference } from '../errors/errors';
import {
  expectList,
  expectNumber,
  expectOneOf,
  expectRecord,
  expectText,
  expectWhole,
  parseJson,
  Unexpected,
} from '../files/expectations';
import { presetNames, schemeNames } from '../network/options';
import type { Recipe } from '../training/recipes';
import { spansTraining } from '../training/schedules';
import type { Amount } from '../training/training-plan';
import { changeOf, type DataIdentity } from './data-fingerprint';
import { readTextFile } from './run-file';

/** Samples by a name for people, such as the path of their database, and by their identity. */
export interface DataDescription extends DataIdentity {
  readonly name?: string;
  /** Its absolute path, if it has one. */
  readonly path?: string;
}

/** Everything needed to repeat a run: the config.json of its folder. */
export interface RunConfig {
  readonly version: 1;
  /** The command that started the run, if any. */
  readonly command?: string;
  /** Where the initial weights came from, if they were given; the run keeps them in start/. */
  readonly from?: string;
  /** The complete recipe and how long it was followed. */
  readonly options: Recipe & Amount;
  readonly seed: number;
  readonly inputShape: ImageShape;
  readonly pixels: PixelFormat;
  /** Preset, code size and initialization, as far as the network knows them. */
  readonly network?: Readonly<Record<string, unknown>>;
  /** The preset again, for readers that look for it here. */
  readonly preset?: string;
  readonly data: { readonly train: DataDescription; readonly validation?: DataDescription };
  readonly versions: Readonly<Record<string, string>>;
  readonly backend: { readonly name: string; readonly threads?: number };
  /** When the run was resumed, oldest first. */
  readonly resumed?: readonly Resumption[];
}

/** A run that continued in another process. */
export interface Resumption {
  readonly step: number;
  readonly versions: object;
  readonly backend: object;
  /** The number of epochs it was lengthened to, if it was. */
  readonly epochs?: number;
}

export const configFile = 'config.json';
/** The initial network of a run that was started from given weights, as `save` writes it. */
export const startFolder = 'start';

/** Far more than any run has. */
export const maxConfigBytes = 2 ** 24;

/** Reads config.json of a run; throws RUN_NOT_FOUND for a folder without one, RUN_INVALID for a damaged one, NOT_READABLE. */
export async function readRunConfig(folder: string): Promise<RunConfig> {
  checkText('readRunConfig', folder);
  const file = path.join(folder, configFile);
  const text = await readTextFile(file, maxConfigBytes).catch((error) => {
    // A file in place of the folder.
    if (error.cause?.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (text === undefined) {
    throw new AutoencoderError('RUN_NOT_FOUND', `${file} is missing; name the folder of a run, or start a new one.`);
  }
  try {
    const config = parseJson(text);
    expectRunConfig(config);
    return withZones(config);
  } catch (error) {
    if (!(error instanceof Unexpected)) throw error;
    throw new AutoencoderError(
      'RUN_INVALID',
      `${file} is damaged: ${error.message}. Restore it, or start a new run from a checkpoint of this one.`,
      { cause: error },
    );
  }
}

/** Says what a config of preset transform from before there were zones leaves unsaid: that its code has none. */
export function withZones({ network, ...config }: RunConfig): RunConfig {
  if (network?.preset !== 'transform') return { ...config, network };
  return { ...config, network: { ...network, zones: network.zones ?? 1 } };
}

/**
 * Throws Unexpected unless a config has everything that is read from it, with plausible sizes. The values of options are checked elsewhere.
 */
export function expectRunConfig(config: unknown): asserts config is RunConfig {
  expectRecord('it', config);
  expectOneOf('version', config.version, [1]);
  for (const key of ['command', 'preset', 'from']) if (config[key] !== undefined) expectText(key, config[key]);
  expectOptions(config.options);
  expectWhole('seed', config.seed, { min: Number.MIN_SAFE_INTEGER });
  expectInputShape(config.inputShape);
  const { pixels, data, versions, backend, resumed = [] } = config;
  expectRecord('pixels', pixels);
  expectNumber('pixels.scale', pixels.scale, { min: 0 });
  expectOneOf('pixels.channelOrder', pixels.channelOrder, ['rgb', 'bgr']);
  expectNetwork(config.network);
  expectRecord('data', data);
  expectData('data.train', data.train);
  if (data.validation !== undefined) expectData('data.validation', data.validation);
  expectTexts('versions', versions);
  expectBackend('backend', backend);
  expectList('resumed', resumed);
  for (const [i, each] of resumed.entries()) {
    expectRecord(`resumed[${i}]`, each);
    expectWhole(`resumed[${i}].step`, each.step);
    if (each.epochs !== undefined) expectWhole(`resumed[${i}].epochs`, each.epochs);
    expectTexts(`resumed[${i}].versions`, each.versions);
    expectBackend(`resumed[${i}].backend`, each.backend);
  }
}

function expectOptions(options: unknown): void {
  expectRecord('options', options);
  expectWhole('options.epochs', options.epochs);
  if (options.steps !== undefined) expectWhole('options.steps', options.steps, { min: 1 });
  if (options.minutes !== undefined) expectNumber('options.minutes', options.minutes, { min: 0 });
  for (const key of ['batchSize', 'accumulate']) expectWhole(`options.${key}`, options[key], { min: 1, max: 1e9 });
  for (const key of ['optimizer', 'schedule', 'loss', 'augmentation']) expectRecord(`options.${key}`, options[key]);
  const { records } = options;
  if (records === null) return;
  expectRecord('options.records', records);
  for (const key of ['perEpoch', 'passes']) expectWhole(`options.records.${key}`, records[key], { min: 1, max: 1e9 });
}

/** The maximum number of values in an image whose network fits in any memory. */
const maxImageValues = 2 ** 28;

function expectInputShape(shape: unknown): void {
  expectList('inputShape', shape, 3);
  if (shape.length !== 3) throw new Unexpected('inputShape is not [height, width, channels]');
  for (const size of shape) expectWhole('inputShape', size, { min: 1, max: maxImageValues });
  const values = (shape as number[]).reduce((product, size) => product * size, 1);
  if (values > maxImageValues) throw new Unexpected(`inputShape is [${shape}], more values than any image has`);
}

function expectNetwork(network: unknown): void {
  if (network === undefined) return;
  expectRecord('network', network);
  const { preset, codeSize, coefficients, zones, variational, initialization } = network;
  if (preset !== undefined) expectOneOf('network.preset', preset, Object.keys(presetNames));
  if (codeSize !== undefined) expectWhole('network.codeSize', codeSize, { min: 1, max: 2 ** 28 });
  if (coefficients !== undefined) expectWhole('network.coefficients', coefficients, { min: 1, max: 2 ** 28 });
  if (zones !== undefined) expectWhole('network.zones', zones, { min: 1, max: 256 });
  if (variational !== undefined) expectOneOf('network.variational', variational, [true, false]);
  if (initialization === undefined) return;
  expectRecord('network.initialization', initialization);
  const { seed, scheme } = initialization;
  if (seed !== undefined) expectWhole('network.initialization.seed', seed, { min: Number.MIN_SAFE_INTEGER });
  if (scheme !== undefined) expectOneOf('network.initialization.scheme', scheme, Object.keys(schemeNames));
}

function expectData(where: string, data: unknown): void {
  expectRecord(where, data);
  expectWhole(`${where}.count`, data.count, { min: 1 });
  expectText(`${where}.fingerprint`, data.fingerprint);
  const { complete } = data;
  if (complete !== undefined) expectOneOf(`${where}.complete`, complete, [true, false]);
  for (const key of ['name', 'path', 'revision', 'content']) {
    if (data[key] !== undefined) expectText(`${where}.${key}`, data[key]);
  }
}

function expectTexts(where: string, values: unknown): void {
  expectRecord(where, values);
  for (const [key, value] of Object.entries(values)) expectText(`${where}.${key}`, value);
}

function expectBackend(where: string, backend: unknown): void {
  expectRecord(where, backend);
  expectText(`${where}.name`, backend.name);
  if (backend.threads !== undefined) expectWhole(`${where}.threads`, backend.threads);
}

/** Returns the same data with its current names and paths, if they are known. */
export function renamed(before: RunConfig['data'], now: RunConfig['data']): RunConfig['data'] {
  return {
    train: { ...before.train, ...now.train },
    ...(before.validation && { validation: { ...before.validation, ...now.validation } }),
  };
}

/** Returns what must be the same for a resumed run to be the same run. The location of the data and the engine may change. */
function essentials({ options, seed, inputShape, pixels, network, data }: RunConfig): Record<string, unknown> {
  const identity = (description?: DataDescription) =>
    description && { count: description.count, fingerprint: description.fingerprint };
  const { train, validation } = data;
  return {
    // Runs of version 0.1 do not have these two.
    ...{ betaWarmUpFraction: 0, freeBits: 0 },
    ...options,
    seed,
    inputShape,
    pixels,
    network,
    data: { train: identity(train), validation: identity(validation) },
  };
}

/**
 * Throws OPTIONS_CHANGED with every difference between the settings of a run and those it is to be resumed with. More epochs are not a
 * difference if they change nothing that has already been trained.
 */
export function checkUnchanged(folder: string, saved: RunConfig, now: RunConfig): void {
  const { schedule } = saved.options;
  const isLonger = now.options.epochs > saved.options.epochs;
  const spansAll = spansTraining(schedule) || saved.options.betaWarmUpFraction > 0;
  const isWhole = saved.options.steps === undefined && saved.options.minutes === undefined;
  const isFree = isLonger && !spansAll && isWhole;
  const comparable = isFree ? { ...now, options: { ...now.options, epochs: saved.options.epochs } } : now;
  // As JSON has it: config.json omits what is undefined.
  const normalized = JSON.parse(JSON.stringify(essentials(comparable)));
  const found = [...differencesBetween(essentials(saved), normalized, ''), ...changedData(saved.data, now.data)];
  if (found.length === 0) return;
  const why =
    `; its ${laidOut(saved.options)} depends on the total number of epochs, so with more epochs the earlier ones would ` +
    'have been different';
  const differences = found.map(({ where, change }) =>
    where === 'epochs' && isLonger && spansAll ? { where, change: change + why } : { where, change },
  );
  const listed = differences.map(({ where, change }) => `${where} ${change}`).join('; ');
  const state = `${folder} was started with other options: ${listed}`;
  const todo = 'use the original options, or start a new run from its weights';
  throw new AutoencoderError('OPTIONS_CHANGED', { state, todo }, { differences });
}

function laidOut({ schedule }: Recipe): string {
  return spansTraining(schedule) ? `learning rate (schedule ${schedule.policy})` : 'warm-up of beta';
}

/** Lists changes that the fingerprints, which cover only a few images, do not show. */
function changedData(before: RunConfig['data'], now: RunConfig['data']): OptionDifference[] {
  const parts = ['train', 'validation'] as const;
  return parts.flatMap((part) => {
    const [was, is] = [before[part], now[part]];
    if (!was || !is || was.fingerprint !== is.fingerprint || was.count !== is.count) return [];
    const change = changeOf(was, is);
    return change === undefined ? [] : [{ where: `data.${part}`, change }];
  });
}

function differencesBetween(before: unknown, after: unknown, at: string): OptionDifference[] {
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => differencesBetween(before[key], after[key], at ? `${at}.${key}` : key));
  }
  const [was, is] = [before, after].map((value) => JSON.stringify(value) ?? 'not set');
  return was === is ? [] : [{ where: at, change: `was ${shorten(was)} and is now ${shorten(is)}` }];
}

/** Nobody reads a whole fingerprint. */
function shorten(json: string): string {
  if (json.length <= 60) return json;
  return `${json.slice(0, 12)}...${json.startsWith('"') ? '"' : ''}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
