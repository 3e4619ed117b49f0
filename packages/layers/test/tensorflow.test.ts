/**
 * The native lane. It runs where @tensorflow/tfjs-node or tfjs-node-gpu can be loaded: that in the folder that the environment variable
 * AE_TENSORFLOW names, or what `npm run test:native`, `ae backend install tensorflow` or `npm install` has installed.
 */
import { fileURLToPath } from 'node:url';
import { tensorflowFolders } from '@ae/testing/machine';
import { reportMissing } from '@ae/testing/requirements';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { loadPackage, registerTensorflowKernels } from '../src/backends/tensorflow/index';
import { sgdStep } from '../src/entries/index';
import { describeConformance } from './conformance';

const folders = process.env.AE_TENSORFLOW
  ? [process.env.AE_TENSORFLOW]
  : [...tensorflowFolders, fileURLToPath(new URL('..', import.meta.url))];
const failures: string[] = [];

async function loadAny(): Promise<boolean> {
  for (const folder of folders) {
    for (const name of ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node']) {
      const failure = await loadPackage(folder, name).then(
        () => undefined,
        (error: Error) => `${name} in ${folder}: ${error.message.split('\n')[0]}`,
      );
      if (!failure) return true;
      failures.push(failure);
    }
  }
  return false;
}

const loaded = await loadAny();

if (loaded) {
  describeConformance('tensorflow', {
    backend: 'tensorflow',
    throwsForInvalidIndices: true,
    setUp: async () => {
      registerTensorflowKernels();
      await tf.setBackend('tensorflow');
    },
  });

  describe('optimizer steps in place', () => {
    const options = { learningRate: 0.5 };

    it('do not change the array that a variable was created from', () => {
      const values = Float32Array.of(1, 2);
      const variable = tf.variable(tf.tensor1d(values));
      for (let step = 0; step < 2; step++) sgdStep(variable, tf.tensor1d([1, 1]), null, options);
      expect(Array.from(variable.dataSync())).toEqual([0, 1]);
      expect(Array.from(values)).toEqual([1, 2]);
    });

    it('do not change clones, reshaped views or the source of an assignment', () => {
      const variable = tf.variable(tf.tensor1d([1, 2]));
      const gradient = tf.tensor1d([1, 1]);
      sgdStep(variable, gradient, null, options);
      const copies = [tf.clone(variable), tf.reshape(variable, [2, 1])];
      sgdStep(variable, gradient, null, options);
      for (const copy of copies) expect(Array.from(copy.dataSync())).toEqual([0.5, 1.5]);
      expect(Array.from(variable.dataSync())).toEqual([0, 1]);
      const source = tf.add<tf.Tensor1D>(tf.tensor1d([5, 6]), 1);
      variable.assign(source);
      sgdStep(variable, gradient, null, options);
      expect(Array.from(variable.dataSync())).toEqual([5.5, 6.5]);
    });

    it('keep the last values if the shape of the gradient does not match', () => {
      const variable = tf.variable(tf.tensor1d([1, 2]));
      expect(() => sgdStep(variable, tf.tensor1d([1, 1, 1]), null, options)).toThrow(/shape/);
      expect(Array.from(variable.dataSync())).toEqual([1, 2]);
    });
  });
} else {
  const reason = `npm run test:native sets it up (${failures.join('; ')}).`;
  reportMissing('tensorflow', reason, 'the native TensorFlow lane of @ae/layers');
}

describe.skipIf(loaded)('without native TensorFlow', () => {
  it('says what to import', () => {
    expect(() => registerTensorflowKernels()).toThrow(
      '[layers] registerTensorflowKernels: the backend "tensorflow" is not loaded; ' +
        'import @tensorflow/tfjs-node or @tensorflow/tfjs-node-gpu first.',
    );
  });
});
