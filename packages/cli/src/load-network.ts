import type { Autoencoder } from '@ae/autoencoder';
import { describeEngine, type EngineOptions, startEngine } from './engine';
import { type FoundModel, findModel } from './find-model';
import { assertShape, openSamples, type SampleDatabase } from './sample-database';
import type { Terminal } from './terminal';

/** A network and images of its size. */
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
  options: EngineOptions,
  terminal: Terminal,
): Promise<LoadedNetwork> {
  const samples = await openSamples(lmdbPath);
  const found = await findModel(modelPath);
  const engine = await startEngine(options, terminal);
  const network = await loadNetwork(found.model, terminal);
  assertFits(samples, network, found.model);
  return { ...found, network, samples, engine: describeEngine(engine) };
}

/** Loads a network, and says what is odd about it. */
export async function loadNetwork(model: string, terminal: Terminal): Promise<Autoencoder> {
  const { Autoencoder } = await import('@ae/autoencoder');
  const network = await Autoencoder.load(model);
  for (const warning of network.warnings) terminal.warn(`${model}: ${warning}.`);
  return network;
}

/** Throws unless images are of the size that a network takes. */
export function assertFits(samples: SampleDatabase, { inputShape }: Autoencoder, model: string): void {
  const advice = `import with --resize ${inputShape.slice(0, 2).join('x')}, or name another network`;
  assertShape(samples, inputShape, `the network of ${model}`, advice);
}
