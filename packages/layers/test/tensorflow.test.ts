/**
 * The native lane. It runs where @tensorflow/tfjs-node or tfjs-node-gpu can be loaded: the installed one, or the one in the folder that
 * the environment variable AE_TFJS_NODE names.
 */
import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { registerTensorflowKernels } from '../src/backends/tensorflow/index';
import { describeConformance } from './conformance';

const require = createRequire(import.meta.url);
const candidates = process.env.AE_TFJS_NODE
  ? [process.env.AE_TFJS_NODE]
  : ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

const failures: string[] = [];
const loaded = candidates.find((name) => {
  try {
    require(name);
    return true;
  } catch (error) {
    failures.push(`${name}: ${(error as Error).message.split('\n')[0]}`);
    return false;
  }
});

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
