import type { Autoencoder, CheckpointChoice } from '@ae/autoencoder';
import type { Option } from 'commander';
import type { DatabaseFlag } from '../data/database-option';
import { assertShape, openSamples, type SampleDatabase } from '../data/sample-database';
import { numberOption } from '../shell/options';
import { formatBar, formatCount, type Terminal } from '../shell/terminal';
import { describeEngine, type EngineOptions, startEngine } from './engine';
import { type FoundModel, findModel } from './find-model';

/** How a command reads its images. */
export interface ReadFlags extends DatabaseFlag {
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

/** Opens images, then starts the engine and loads the network of a folder or run; throws where the sizes differ. */
export async function loadNetworkFor(
  lmdbPath: string,
  modelPath: string,
  options: EngineOptions & CheckpointOptions & ReadFlags,
  terminal: Terminal,
): Promise<LoadedNetwork> {
  const { database, schema, lenient } = options;
  const samples = await openSamples(lmdbPath, {
    database,
    schema,
    lenient,
    anySize: true,
    onProgress: lookingAt(terminal, lenient),
  });
  terminal.status('');
  if (samples.note) terminal.warn(samples.note);
  const found = await findModel(modelPath, options.checkpoint);
  const engine = await startEngine(options, terminal);
  const network = await loadNetwork(found, terminal);
  assertFits(samples, network, found.model);
  return { ...found, network, samples, engine: describeEngine(engine) };
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
  terminal.warn(`the network is that of ${file}, after step ${step}, ${epochs} epochs done.`);
  return autoencoder;
}

/** Which checkpoint of a run a command takes. */
export interface CheckpointOptions {
  readonly checkpoint?: CheckpointChoice;
}

/** The option of commands that take the folder of a run. */
export function checkpointOption(): Option {
  const range = { min: 0, integer: true, words: ['best', 'last'] };
  const description = "a run's network as it was: best, last or after a step (default: its end, or else the best)";
  return numberOption('--checkpoint <which>', description, range);
}

/** Throws unless images are of a size that a network takes. */
export function assertFits(samples: SampleDatabase, { inputShape, takesAnySize }: Autoencoder, model: string): void {
  if (takesAnySize && samples.shape[2] === inputShape[2]) return;
  samples.requireOneSize();
  assertShape(samples, inputShape, `the network of ${model}`);
}
