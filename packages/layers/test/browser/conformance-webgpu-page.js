/** Runs the conformance suite on WebGPU in a page. */
import '@tensorflow/tfjs-backend-webgpu';
import { initWebgpu } from '../../src/backends/webgpu/index';
import { describeConformance } from '../conformance';
import { run } from './vitest-shim';

describeConformance('webgpu', {
  backend: 'webgpu',
  trainsEmptyBatches: false,
  setUp: async () => void (await initWebgpu()),
});

globalThis.results = run();
