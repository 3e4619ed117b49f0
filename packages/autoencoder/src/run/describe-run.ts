import * as tf from '@tensorflow/tfjs-core';
import { version } from '../../package.json';
import type { SampleSource } from '../data/samples';
import { useBackend } from '../engines/backend';
import type { RunOptions } from '../training/run-options';
import type { TrainingTask } from '../training/training-record';
import { identityOf } from './data-fingerprint';
import type { DataDescription, RunConfig } from './run-config';

/** Collects everything that is needed to repeat a training run. */
export async function describeRun(
  run: RunOptions,
  { network: { inputShape, pixels, origin }, samples, options: { validation, elsewhere }, plan }: TrainingTask,
): Promise<RunConfig> {
  const { recipe, epochs, steps, stepsPerEpoch, minutes, seed } = plan;
  const amount = {
    epochs,
    ...(steps !== epochs * stepsPerEpoch && { steps }),
    ...(minutes !== undefined && { minutes }),
  };
  const describe = async (source: SampleSource, part: 'train' | 'validation'): Promise<DataDescription> => {
    const [name, path] = [run.dataNames?.[part], run.dataPaths?.[part]];
    return {
      ...(name !== undefined && { name }),
      ...(path !== undefined && { path }),
      ...(await identityOf(source)),
    };
  };
  const { name, threads } = elsewhere ? { name: elsewhere.name } : await useBackend();
  return {
    version: 1,
    ...(run.command !== undefined && { command: run.command }),
    ...(run.from !== undefined && { from: run.from }),
    options: { ...recipe, ...amount },
    seed,
    inputShape,
    pixels,
    // A network that was passed in is in start/.
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
