import * as tf from '@tensorflow/tfjs-core';
import { registerCpuKernels } from '../src/backends/cpu';
import { describeConformance } from './conformance';

describeConformance('cpu', {
  backend: 'cpu',
  throwsForInvalidIndices: true,
  setUp: async () => {
    registerCpuKernels();
    await tf.setBackend('cpu');
  },
});
