import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { AutoencoderError } from '../errors';
import type { PixelFormat } from '../pixels';
import type { Recipe } from '../recipes';
import type { ImageShape } from '../samples';
import type { DataFingerprint } from './data-fingerprint';

/** Samples by a name for people, such as the path of their database, and by what they are. */
export interface DataDescription extends DataFingerprint {
  readonly name?: string;
  /** Its absolute path, where it has one. */
  readonly path?: string;
}

/** All that is needed to repeat a run: config.json of its folder. */
export interface RunConfig {
  readonly version: 1;
  /** The command that made the run, where there was one. */
  readonly command?: string;
  /** The whole recipe and how long it was followed. */
  readonly options: Recipe & { readonly epochs: number };
  readonly seed: number;
  readonly inputShape: ImageShape;
  readonly pixels: PixelFormat;
  /** Preset, code size and first weights, as far as the network knows them. */
  readonly network?: Readonly<Record<string, unknown>>;
  /** The preset again, for readers that look for it here. */
  readonly preset?: string;
  readonly data: { readonly train: DataDescription; readonly validation?: DataDescription };
  readonly versions: Readonly<Record<string, string>>;
  readonly backend: { readonly name: string; readonly threads?: number };
  /** Where the run was resumed, oldest first. */
  readonly resumed?: readonly { readonly step: number; readonly versions: object; readonly backend: object }[];
}

export const configFile = 'config.json';

/** Reads config.json of a run; throws RUN_NOT_FOUND for a folder without one. */
export async function readRunConfig(folder: string): Promise<RunConfig> {
  const file = path.join(folder, configFile);
  try {
    const config = JSON.parse(await readFile(file, 'utf8')) as RunConfig;
    if (config.version === 1) return config;
  } catch (cause) {
    throw notFound(file, (cause as NodeJS.ErrnoException).code ?? 'it is not JSON', cause);
  }
  throw notFound(file, 'it is of another version');
}

function notFound(file: string, reason: string, cause?: unknown): AutoencoderError {
  return new AutoencoderError(
    'RUN_NOT_FOUND',
    `${file}: expected the settings of a run, which could not be read (${reason}); name the folder of a run.`,
    { cause },
  );
}

/** The same data by the names and paths that it has now, where those are known. */
export function renamed(before: RunConfig['data'], now: RunConfig['data']): RunConfig['data'] {
  return {
    train: { ...before.train, ...now.train },
    ...(before.validation && { validation: { ...before.validation, ...now.validation } }),
  };
}

/** What must be the same for a resumed run to be the same run. Where data is kept and who computes may change. */
function essentials({ options, seed, inputShape, pixels, network, data }: RunConfig): Record<string, unknown> {
  const identity = (description?: DataDescription) =>
    description && { count: description.count, fingerprint: description.fingerprint };
  const { train, validation } = data;
  return {
    ...options,
    seed,
    inputShape,
    pixels,
    network,
    data: { train: identity(train), validation: identity(validation) },
  };
}

/** Throws OPTIONS_CHANGED with every difference between the settings of a run and those it is to go on with. */
export function checkUnchanged(folder: string, saved: RunConfig, now: RunConfig): void {
  // As JSON has it: config.json lacks what is undefined.
  const normalized = JSON.parse(JSON.stringify(essentials(now)));
  const differences = differencesBetween(essentials(saved), normalized, '');
  if (differences.length === 0) return;
  throw new AutoencoderError(
    'OPTIONS_CHANGED',
    `${folder}: expected the options that the run began with, received others: ${differences.join('; ')}; ` +
      'leave them as they were, or start a new run.',
  );
}

function differencesBetween(before: unknown, after: unknown, at: string): string[] {
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => differencesBetween(before[key], after[key], at ? `${at}.${key}` : key));
  }
  const [was, is] = [JSON.stringify(before) ?? 'nothing', JSON.stringify(after) ?? 'nothing'];
  return was === is ? [] : [`${at} was ${shorten(was)}, is ${shorten(is)}`];
}

/** Nobody reads a whole fingerprint. */
function shorten(json: string): string {
  return json.length > 60 ? `${json.slice(0, 12)}...` : json;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
