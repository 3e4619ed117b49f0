import * as tf from '@tensorflow/tfjs-core';
import { version } from '../../package.json';
import type { SampleSource } from '../data/samples';
import { useBackend } from '../engines/backend';
import type { TrainableModel } from '../network/network';
import type { TrainOptions } from '../training/train';
import type { TrainingPlan } from '../training/training-session';
import { identityOf } from './data-fingerprint';
import type { DataDescription, RunConfig } from './run-config';
import type { RunOptions } from './run-folder';

/** Gathers all that is needed to repeat a training. */
export async function describeRun(
  run: RunOptions,
  { inputShape, pixels, origin }: TrainableModel,
  samples: SampleSource,
  { validation }: TrainOptions,
  { recipe, epochs, seed }: TrainingPlan,
): Promise<RunConfig> {
  const describe = async (source: SampleSource, part: 'train' | 'validation'): Promise<DataDescription> => {
    const [name, path] = [run.dataNames?.[part], run.dataPaths?.[part]];
    return {
      ...(name !== undefined && { name }),
      ...(path !== undefined && { path }),
      ...(await identityOf(source)),
    };
  };
  const { name, threads } = await useBackend();
  return {
    version: 1,
    ...(run.command !== undefined && { command: run.command }),
    ...(run.from !== undefined && { from: run.from }),
    options: { ...recipe, epochs },
    seed,
    inputShape,
    pixels,
    // A network that was given is in start/.
    ...(origin && run.from === undefined && { network: origin }),
    ...(typeof origin?.preset === 'string' && { preset: origin.preset }),
    data: {
      train: await describe(samples, 'train'),
      ...(validation && { validation: await describe(validation, 'validation') }),
    },
    versions: { autoencoder: version, tfjs: tf.version_core, node: process.versions.node },
    backend: { name, ...(threads !== undefined && { threads }) },
  };
}
