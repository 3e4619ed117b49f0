import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { AutoencoderError, checkText, inWords } from '../errors/errors';
import { weightsOf } from '../network/named-variables';
import { readCheckpointFile } from '../run/checkpoints/checkpoint-file';
import { type CheckpointEntry, Checkpoints } from '../run/checkpoints/checkpoints';
import { type RunConfig, readRunConfig, startFolder } from '../run/run-config';
import { Autoencoder } from './autoencoder';
import type { AutoencoderOptions } from './autoencoder-options';

/** Which checkpoint of a run: the one with the lowest error, the newest, or the one after this many updates. */
export type CheckpointChoice = 'best' | 'last' | number;

/** A network loaded from a checkpoint. */
export interface LoadedCheckpoint {
  /** Belongs to the caller. */
  readonly autoencoder: Autoencoder;
  readonly file: string;
  /** Number of updates, and of epochs that are complete. */
  readonly step: number;
  readonly epochs: number;
  /** Descriptions of the damaged checkpoints that were skipped. */
  readonly warnings: readonly string[];
}

/**
 * Loads the network of a run from one of its checkpoints, with the weights that training would have ended with at that point: averaged ones
 * if the recipe averages them. `place` is the run's folder, or the file of one of its checkpoints. By default, the best checkpoint is
 * loaded, or else the newest; if one is damaged, the next.
 *
 * Throws RUN_NOT_FOUND, RUN_INVALID, CHECKPOINT_INVALID if there is no such checkpoint or it is damaged, NOT_READABLE.
 */
export async function loadCheckpoint(place: string, choice?: CheckpointChoice): Promise<LoadedCheckpoint> {
  checkText('loadCheckpoint, place', place);
  const isFile = (await stat(place).catch(() => undefined))?.isDirectory() === false;
  // The file is in <run>/checkpoints.
  const run = isFile ? path.dirname(path.dirname(path.resolve(place))) : place;
  const config = await readRunConfig(run);
  const checkpoints = await Checkpoints.open(path.join(run, 'checkpoints'), 1);
  const candidates = isFile ? [entryOf(place, checkpoints)] : choose(run, checkpoints, choice);
  const warnings: string[] = [];
  for (const [i, entry] of candidates.entries()) {
    const file = isFile ? place : checkpoints.pathOf(entry);
    try {
      const { tensors } = await readCheckpointFile(file, entry.crc32);
      const autoencoder = await fill(run, config, file, tensors);
      return { autoencoder, file, step: entry.step, epochs: entry.epochs, warnings };
    } catch (error) {
      const { code, sentence } = error as AutoencoderError;
      if (code !== 'CHECKPOINT_INVALID' || i === candidates.length - 1) throw error;
      warnings.push(sentence);
    }
  }
  throw new AutoencoderError('CHECKPOINT_INVALID', `${run} has no checkpoints yet; resume it first.`);
}

function choose(run: string, checkpoints: Checkpoints, choice: CheckpointChoice | undefined): CheckpointEntry[] {
  const { best, last, entries } = checkpoints;
  if (choice === undefined)
    return [...new Set([best, ...[...entries].reverse()])].filter((entry) => entry !== undefined);
  const words: Record<string, CheckpointEntry | undefined> = { best, last };
  const chosen = typeof choice === 'number' ? entries.findLast(({ step }) => step === choice) : words[choice];
  if (chosen) return [chosen];
  const steps = entries.length > 0 ? `those at step ${entries.map(({ step }) => step).join(', ')}` : 'none';
  throw new AutoencoderError(
    'CHECKPOINT_INVALID',
    `${run} has no checkpoint ${inWords(choice)}: it has ${steps}; "last" is the newest${best ? ', "best" the one with the lowest error' : ''}.`,
  );
}

/** Returns what the index says about a file; nothing for one that was renamed or copied. */
function entryOf(file: string, checkpoints: Checkpoints): CheckpointEntry {
  const name = path.basename(file);
  const known = checkpoints.entries.find((entry) => entry.file === name);
  const [, step, epochs] = /step-(\d+)-epoch-(\d+)/.exec(name) ?? [];
  return known ?? { file: name, step: Number(step ?? 0), epochs: Number(epochs ?? 0), error: null, crc32: null };
}

/** Gives the run's network the weights of a checkpoint, and disposes of the checkpoint's tensors. */
async function fill(
  run: string,
  config: RunConfig,
  file: string,
  tensors: Readonly<Record<string, tf.Tensor>>,
): Promise<Autoencoder> {
  try {
    const autoencoder = await buildNetwork(run, config);
    try {
      for (const [name, weight] of Object.entries(weightsOf(autoencoder.model))) {
        const value = tensors[`average/${name}`] ?? tensors[`model/${name}`];
        if (value && tf.util.arraysEqual(value.shape, weight.shape)) weight.assign(value);
        else throw misfit(file, name, weight.shape, value?.shape);
      }
      return autoencoder;
    } catch (error) {
      autoencoder.dispose();
      throw error;
    }
  } finally {
    tf.dispose(tensors as tf.TensorContainer);
  }
}

/** Builds the network of a run, with arbitrary weights. */
async function buildNetwork(run: string, { inputShape, pixels, network, from }: RunConfig): Promise<Autoencoder> {
  if (from !== undefined) return Autoencoder.load(path.join(run, startFolder));
  const { initialization, preset, ...rest } = (network ?? {}) as AutoencoderOptions & { initialization?: unknown };
  if (preset !== undefined) {
    const autoencoder = new Autoencoder({ ...rest, preset, inputShape, pixels });
    await autoencoder.initialize({ draw: false });
    return autoencoder;
  }
  // If a program supplied the layers, only the trained network describes them.
  return Autoencoder.load(path.join(run, 'model')).catch((cause) => {
    if (cause.code !== 'MODEL_NOT_FOUND') throw cause;
    throw new AutoencoderError(
      'RUN_INVALID',
      `${run}: its network was built by a program, and only that program can rebuild it; resume the run there.`,
      { cause },
    );
  });
}

function misfit(file: string, name: string, expected: number[], found: number[] | undefined): AutoencoderError {
  const problem = found ? `has ${name} of [${found}], where` : `lacks ${name}, which`;
  return new AutoencoderError(
    'CHECKPOINT_INVALID',
    `${file} does not belong to this run's network: it ${problem} the network has as [${expected}].`,
  );
}
