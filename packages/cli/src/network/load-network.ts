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

/** Shows how far looking for damage has come. */
export function lookingAt(terminal: Terminal, lenient = false): (done: number, total: number) => void {
  return (done, total) => {
    if (lenient)
      terminal.status(`looking for damage ${formatBar(done / total)} ${formatCount(done)}/${formatCount(total)}`);
  };
}

/** A network and images that it takes. */
export interface LoadedNetwork extends FoundModel {
  readonly network: Autoencoder;
  readonly samples: SampleDatabase;
  /** The engine in words. */
  readonly engine: string;
}

/**
 * Opens images, and starts the engine and loads the network of a folder or run; throws where the sizes differ. An LMDB is opened first,
 * for most mistakes are in the data; what has to be imported needs to know the network.
 * With `heldOut`, of a run's own images only those that it kept to validate; with `oneSize`, what has to be imported gets the network's size,
 * also if it takes any.
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
      `${input}: only the images that ${modelPath} held out for validation (--val ${part.split.fraction}).`,
    );
  if (part) early?.close();
  const samples = early && !part ? early : await openSamples(input, { ...reading, part, images: { wish, terminal } });
  terminal.status('');
  if (samples.note) terminal.warn(samples.note);
  assertFits(samples, network, found.model);
  return { ...found, network, samples, engine: describeEngine(engine) };
}

/** An LMDB is read as it is: one of another size is a database of its own. */
function resizesNoLmdb(lmdb: string, { height, width }: ImageSize): CliError {
  const command = `ae resize ${quote(lmdb)} <out.lmdb> ${height}x${width}`;
  return new CliError('INVALID_OPTION', `--resize: ${lmdb} is an LMDB, which is read at its own size; use ${command}.`);
}

/** Reads what a run began with, where the network is that of one. */
export async function configOf({ run }: FoundModel): Promise<RunConfig | undefined> {
  if (run === undefined) return undefined;
  const { readRunConfig } = await import('@ae/autoencoder/runs');
  return readRunConfig(run).catch(() => undefined);
}

/** Of images that a run took both to train and to validate those are meant that it was not trained on. */
function partOf(input: string, config: RunConfig | undefined): SampleOptions['part'] {
  const split = config && splitOfRun(config);
  if (!split || config.data.train.path !== path.resolve(input)) return undefined;
  return { split, side: 'validation' };
}

/** Throws where images stand in the place of the network, and the network in theirs. */
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

/** Loads a network, and says what is odd about it. */
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

/** Which checkpoint of a run a command takes. */
export interface CheckpointOptions {
  readonly checkpoint?: CheckpointChoice;
}

/** The option of commands that take the folder of a run. */
export function checkpointOption(): Option {
  const range = { min: 0, integer: true, words: ['best', 'last'] };
  const description =
    "which of a run's networks: best, last or after a step (default: the final one, or else the best)";
  return numberOption('--checkpoint <which>', description, range);
}

/** Throws unless images are of a size that a network takes. */
export function assertFits(samples: SampleDatabase, { inputShape, takesAnySize }: Autoencoder, model: string): void {
  if (takesAnySize && samples.shape[2] === inputShape[2]) return;
  samples.requireOneSize();
  assertShape(samples, inputShape, `the network of ${model}`);
}
