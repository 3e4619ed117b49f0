/**
 * The native lane. It runs where @tensorflow/tfjs-node or tfjs-node-gpu can be loaded: the installed one, or the one whose folder the
 * environment variable AE_TENSORFLOW names.
 */
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { loadPackage, registerTensorflowKernels } from '../src/backends/tensorflow/index';
import { describeConformance } from './conformance';

const folder = process.env.AE_TENSORFLOW ?? fileURLToPath(new URL('..', import.meta.url));
const failures: string[] = [];

async function loads(name: string): Promise<boolean> {
  return loadPackage(folder, name).then(
    () => true,
    (error: Error) => failures.push(`${name}: ${error.message.split('\n')[0]}`) === 0,
  );
}

const loaded = (await loads('@tensorflow/tfjs-node-gpu')) || (await loads('@tensorflow/tfjs-node'));

if (loaded) {
  describeConformance('tensorflow', {
    backend: 'tensorflow',
    throwsForInvalidIndices: true,
    setUp: async () => {
      registerTensorflowKernels();
      await tf.setBackend('tensorflow');
    },
  });
} else {
  if (process.env.AE_REQUIRE_TENSORFLOW === '1') throw new Error(`No native TensorFlow: ${failures.join('; ')}`);
  console.warn(`SKIPPED: the native TensorFlow lane of @ae/layers (${failures.join('; ')}).`);
}

describe.skipIf(loaded)('without native TensorFlow', () => {
  it('says what to import', () => {
    expect(() => registerTensorflowKernels()).toThrow(
      '[layers] registerTensorflowKernels: expected the backend "tensorflow", found none; ' +
        'import @tensorflow/tfjs-node or @tensorflow/tfjs-node-gpu first.',
    );
  });
});
