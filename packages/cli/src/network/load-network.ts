import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Autoencoder, CheckpointChoice } from '@ae/autoencoder';
import type { RunConfig } from '@ae/autoencoder/runs';
import type { Option } from 'commander';
import type { DatabaseFlag } from '../data/database-option';
import type { ImportFlags } from '../data/fit-option';
import { assertShape } from '../data/image-sizes';
import { kindOfInput } from '../data/input-kind';
import { openSamples, type SampleOptions } from '../data/open-samples';
import { splitOfRun, wishForNetwork } from '../data/run-images';
import type { SampleDatabase } from '../data/sample-database';
import { CliError } from '../shell/cli-error';
import { quote } from '../shell/command-line';
import { type ImageSize, numberOption } from '../shell/options';
import { formatBar, formatCount, type Terminal } from '../shell/terminal';
import { describeEngine, type EngineOptions, startEngine } from './engine';
import { type FoundModel, findModel } from './find-model';

/** How a command reads its images. */
export interface ReadFlags extends DatabaseFlag, Pick<ImportFlags, 'fit' | 'resampler' | 'resize'> {
  readonly lenient?: boolean;
}

/** Shows the progress of the search for damage. */
export function lookingAt(terminal: Terminal, lenient = false): (done: number, total: number) => void {
  return (done, total) => {
    if (lenient)
      terminal.status(`looking for damage ${formatBar(done / total)} ${formatCount(done)}/${formatCount(total)}`);
  };
}

/** A network and images that fit it. */
export interface LoadedNetwork extends FoundModel {
  readonly network: Autoencoder;
  readonly samples: SampleDatabase;
  /** A description of the engine. */
  readonly engine: string;
  /** Opens other images, which are brought to the size of `samples`. */
  openAlike(input: string): Promise<SampleDatabase>;
}

/**
 * Opens images, starts the engine, and loads the network of a folder or run; throws if the sizes differ. An LMDB is opened first, because
 * most mistakes are in the data; images to be imported need the network first. With `heldOut`, uses only the held-out part of a run's own
 * images; with `oneSize`, imports images at the network's size even if it takes any size.
 */
export async function loadNetworkFor(
  input: string,
  modelPath: string,
  options: EngineOptions & CheckpointOptions & ReadFlags & { readonly heldOut?: boolean; readonly oneSize?: boolean },
  terminal: Terminal,
): Promise<LoadedNetwork> {
  assertInOrder(modelPath, input);
  const { database, schema, lenient } = options;
  const reading = { database, schema, lenient, anySize: true, onProgress: lookingAt(terminal, lenient) };
  const isLmdb = kindOfInput(input) === 'lmdb';
  if (isLmdb && options.resize) throw resizesNoLmdb(input, options.resize);
  const early = isLmdb ? await openSamples(input, reading) : undefined;
  const found = await findModel(modelPath, options.checkpoint);
  const config = await configOf(found);
  const engine = await startEngine(options, terminal);
  const network = await loadNetwork(found, terminal);
  const wish = wishForNetwork(
    options.oneSize ? { inputShape: network.inputShape, takesAnySize: false } : network,
    options,
    config,
  );
  const part = options.heldOut ? partOf(input, config) : undefined;
  if (part)
    terminal.warn(
      `${input}: using only the images that ${modelPath} held out for validation (--val ${part.split.fraction}).`,
    );
  if (part) early?.close();
  const samples = early && !part ? early : await openSamples(input, { ...reading, part, images: { wish, terminal } });
  terminal.status('');
  if (samples.note) terminal.warn(samples.note);
  assertFits(samples, network, found.model);
  const openAlike = (input: string) => {
    const alike = wishForNetwork({ inputShape: samples.shape, takesAnySize: false }, options, config);
    return openSamples(input, { images: { wish: alike, terminal } });
  };
  return { ...found, network, samples, engine: describeEngine(engine), openAlike };
}

/** Throws if an LMDB is to be resized: it is read as it is, and resizing makes another one. */
function resizesNoLmdb(lmdb: string, { height, width }: ImageSize): CliError {
  const command = `ae resize ${quote(lmdb)} <out.lmdb> ${height}x${width}`;
  return new CliError('INVALID_OPTION', `--resize: ${lmdb} is an LMDB, which is read at its own size; use ${command}.`);
}

/** Reads the settings of the run that a network belongs to, if any. */
export async function configOf({ run }: FoundModel): Promise<RunConfig | undefined> {
  if (run === undefined) return undefined;
  const { readRunConfig } = await import('@ae/autoencoder/runs');
  return readRunConfig(run).catch(() => undefined);
}

/** If a run held out a part of its images for validation, only that part is used, because it was not trained on the others. */
function partOf(input: string, config: RunConfig | undefined): SampleOptions['part'] {
  const split = config && splitOfRun(config);
  if (!split || config.data.train.path !== path.resolve(input)) return undefined;
  return { split, side: 'validation' };
}

/** Throws if the arguments for network and images are swapped. */
function assertInOrder(modelPath: string, input: string): void {
  if (!isNetwork(input) || isNetwork(modelPath)) return;
  throw new CliError(
    'INVALID_OPTION',
    `${input} is a network and ${modelPath} is not: the network comes first, then the images; swap the two.`,
  );
}

function isNetwork(place: string): boolean {
  return ['model.json', 'config.json'].some((name) => existsSync(path.join(place, name)));
}

/** Loads a network, and says so if it is not the final one. */
export async function loadNetwork(found: FoundModel, terminal: Terminal): Promise<Autoencoder> {
  if (found.isCheckpoint) return loadFromRun(found, terminal);
  const { model } = found;
  const { Autoencoder } = await import('@ae/autoencoder');
  const network = await Autoencoder.load(model);
  for (const warning of network.warnings) terminal.warn(`${model}: ${warning}.`);
  return network;
}

async function loadFromRun({ model, checkpoint }: FoundModel, terminal: Terminal): Promise<Autoencoder> {
  const { loadCheckpoint } = await import('@ae/autoencoder');
  const { autoencoder, file, step, epochs, warnings } = await loadCheckpoint(model, checkpoint);
  for (const warning of warnings) terminal.warn(warning);
  terminal.warn(`using the network of ${file}, after step ${step} (${epochs} epochs done).`);
  return autoencoder;
}

/** Which checkpoint of a run a command uses. */
export interface CheckpointOptions {
  readonly checkpoint?: CheckpointChoice;
}

/** The option of commands that take the folder of a run. */
export function checkpointOption(): Option {
  const range = { min: 0, integer: true, words: ['best', 'last'] };
  const description =
    "which of a run's networks to use: best, last, or the step of a checkpoint (default: the final one, or else the best)";
  return numberOption('--checkpoint <which>', description, range);
}

/** Throws unless images have a size that a network takes. */
export function assertFits(samples: SampleDatabase, { inputShape, takesAnySize }: Autoencoder, model: string): void {
  if (takesAnySize && samples.shape[2] === inputShape[2]) return;
  samples.requireOneSize();
  assertShape(samples, inputShape, `the network of ${model}`);
}
