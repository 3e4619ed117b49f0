import { access } from 'node:fs/promises';
import path from 'node:path';
import type { RunConfig } from '@ae/autoencoder';
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

/**
 * Says where the images of a run lie: by the name that was typed where that still leads there, or else by the path that it
 * had; undefined where the run doesn't know. Throws NOT_READABLE where they have moved, with `advice` on how to name them anew.
 */
export async function placeOf(data: RunData | undefined, run: string, advice: string): Promise<string | undefined> {
  const { name, path: whole } = data ?? {};
  if (name === undefined) return whole;
  const leadsThere = whole === undefined || path.resolve(name) === whole;
  for (const place of leadsThere ? [name] : [whole, name]) if (await exists(place)) return place;
  throw new CliError(
    'NOT_READABLE',
    `${run}: expected the images of this run in ${whole ?? name}, received nothing there; name them anew: ${advice}.`,
  );
}

type RunData = RunConfig['data']['train'];

/** The LMDB a network was trained on: as given, or as the run knows; throws where neither says. */
export async function trainingData(given: string | true, { model, run }: FoundModel): Promise<string> {
  if (given !== true) return given;
  const { readRunConfig } = await import('@ae/autoencoder');
  const known = run && (await placeOf((await readRunConfig(run)).data.train, run, '--baselines <train.lmdb>'));
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
