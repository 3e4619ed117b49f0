import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import type { CheckpointChoice } from '@ae/autoencoder';
import type { RunConfig } from '@ae/autoencoder/runs';
import { CliError } from '../shell/cli-error';

/** Where a network is, and the run that trained it, if there is one. */
export interface FoundModel {
  /** Its folder, or the run or file whose checkpoint it is. */
  readonly model: string;
  readonly run?: string;
  /** Its checkpoint, if it is one: the one that was asked for, or the best. */
  readonly isCheckpoint?: boolean;
  readonly checkpoint?: CheckpointChoice;
}

/**
 * Finds a network in the folder of a run, or the run that a network's folder belongs to. If a run has no final network yet, or a checkpoint
 * is asked for, the result is a checkpoint; the file of a checkpoint is accepted as well. Throws MODEL_NOT_FOUND.
 */
export async function findModel(folder: string, checkpoint?: CheckpointChoice): Promise<FoundModel> {
  const found = await findSaved(folder);
  if (folder.endsWith('.safetensors') && (await exists(folder))) {
    if (checkpoint === undefined) return { model: folder, run: runAround(folder), isCheckpoint: true };
    throw new CliError(
      'INVALID_OPTION',
      `--checkpoint: ${folder} is a checkpoint itself; name its run, or leave --checkpoint out.`,
    );
  }
  if (checkpoint === undefined && (await exists(path.join(found.model, 'model.json')))) return found;
  const run = (await exists(path.join(folder, 'config.json'))) ? folder : found.run;
  if (run !== undefined) return { model: run, run, isCheckpoint: true, checkpoint };
  if (checkpoint === undefined) {
    await assertHasModel(folder);
    return found;
  }
  throw new CliError(
    'INVALID_OPTION',
    `--checkpoint: ${folder} is not a run, and only runs have checkpoints; name a run, or leave --checkpoint out.`,
  );
}

/** Throws if there is no network; images or an LMDB may have been named in its place. */
async function assertHasModel(place: string): Promise<void> {
  const stats = await stat(place).catch(() => undefined);
  if (await exists(path.join(place, 'model.json'))) return;
  const what = stats?.isDirectory()
    ? 'contains no network (no model.json)'
    : stats
      ? 'is a file, but the folder of a network is expected'
      : 'does not exist';
  throw new CliError('MODEL_NOT_FOUND', `${place} ${what}; name the folder that ae train or save() wrote.`);
}

/** Returns the run that a checkpoint's file belongs to: <run>/checkpoints/<file>. */
function runAround(file: string): string {
  return path.join(path.dirname(file), '..');
}

async function findSaved(folder: string): Promise<FoundModel> {
  const inside = path.join(folder, 'model');
  const model = (await exists(path.join(inside, 'model.json'))) ? inside : folder;
  const around = path.dirname(path.resolve(model));
  const run = (await exists(path.join(around, 'config.json'))) ? path.dirname(model) : undefined;
  return { model, run };
}

/**
 * Returns where the images of a run are: the path that was typed, if it still exists, or else the absolute path that it had; undefined if
 * the run does not say. Throws NOT_READABLE if they have moved, with `advice` on how to name them.
 */
export async function placeOf(data: RunData | undefined, run: string, advice: string): Promise<string | undefined> {
  const { name, path: whole } = data ?? {};
  if (name === undefined) return whole;
  const leadsThere = whole === undefined || path.resolve(name) === whole;
  for (const place of leadsThere ? [name] : [whole, name]) if (await exists(place)) return place;
  throw new CliError(
    'NOT_READABLE',
    `${whole ?? name}, which contains the images of ${run}, does not exist; say where they are now: ${advice}.`,
  );
}

type RunData = RunConfig['data']['train'];

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** Makes the error for a run whose network no preset describes. */
export function ownNetwork(run: string, todo: string): CliError {
  const state = `The network of ${run} was built by a program, and only that program can rebuild it`;
  return new CliError('INVALID_OPTION', `${state}; ${todo}.`);
}
