import { access } from 'node:fs/promises';
import path from 'node:path';
import { CliError } from './cli-error';

/** Where a network is, and the run that trained it, where there is one. */
export interface FoundModel {
  readonly model: string;
  readonly run?: string;
}

/** Accepts the folder of a run in place of the network inside it, and finds the run around a network. */
export async function findModel(folder: string): Promise<FoundModel> {
  const inside = path.join(folder, 'model');
  const model = (await exists(path.join(inside, 'model.json'))) ? inside : folder;
  const around = path.dirname(path.resolve(model));
  const run = (await exists(path.join(around, 'config.json'))) ? path.dirname(model) : undefined;
  return { model, run };
}

/** Says which images trained a run; undefined where it doesn't know. Throws RUN_NOT_FOUND. */
export async function dataOfRun(run: string): Promise<{ train?: string; validation?: string }> {
  const { readRunConfig } = await import('@ae/autoencoder');
  const { data } = await readRunConfig(run);
  return { train: data.train.name, validation: data.validation?.name };
}

/** The LMDB a network was trained on: as given, or as the run knows; throws where neither says. */
export async function trainingData(given: string | true, { model, run }: FoundModel): Promise<string> {
  const known = given === true ? run && (await dataOfRun(run)).train : given;
  if (known) return known;
  throw new CliError(
    'INVALID_OPTION',
    `--baselines: expected the LMDB that ${model} was trained on, which its folder does not name; add it: --baselines <train.lmdb>.`,
  );
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
