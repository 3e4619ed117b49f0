/**
 * The WebGPU lane in Node.js, through Dawn. It runs where the environment variable AE_WEBGPU names a folder whose node_modules hold
 * `webgpu` and `@tensorflow/tfjs-backend-webgpu`, and an adapter is found: `npm run test:webgpu` sets both up.
 */

import { reportMissing } from '@ae/testing/requirements';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { registerCpuKernels } from '../src/backends/cpu';
import {
  type DawnModule,
  initWebgpu,
  loadPackage,
  provideWebgpu,
  registerWebgpuKernels,
} from '../src/backends/webgpu/index';
import { describeConformance } from './conformance';
import { trainAFewSteps } from './training-steps';

const folder = process.env.AE_WEBGPU;

async function load(): Promise<string | undefined> {
  if (!folder) return 'AE_WEBGPU is not set; npm run test:webgpu sets it up';
  try {
    provideWebgpu((await loadPackage(folder, 'webgpu')) as DawnModule);
    await loadPackage(folder, '@tensorflow/tfjs-backend-webgpu');
    await initWebgpu();
    return undefined;
  } catch (error) {
    return (error as Error).message.split('\n')[0];
  }
}

const failure = await load();

if (failure) reportMissing('webgpu', failure, 'the WebGPU lane of @ae/layers');

describe.skipIf(!failure)('without WebGPU', () => {
  it('says what to do', async () => {
    await expect(initWebgpu()).rejects.toThrow(
      /^\[layers\] initWebgpu: (WebGPU \(navigator\.gpu\) is missing here|WebGPU found no GPU); /,
    );
    expect(() => registerWebgpuKernels()).toThrow(/import @tensorflow\/tfjs-backend-webgpu first/);
  });
});

if (!failure) {
  describeConformance('webgpu', {
    backend: 'webgpu',
    // tfjs-webgpu's convolutions cannot handle a batch without images.
    trainsEmptyBatches: false,
    setUp: async () => {
      await initWebgpu();
    },
  });

  describe('WebGPU in Node.js', { timeout: 60_000 }, () => {
    it('takes the same training steps as the reference', async () => {
      registerCpuKernels();
      await tf.setBackend('cpu');
      const expected = await trainAFewSteps();
      await initWebgpu();
      const actual = await trainAFewSteps();
      expect(actual.losses).toHaveLength(expected.losses.length);
      for (const [step, loss] of expected.losses.entries()) expect(actual.losses[step]).toBeCloseTo(loss, 5);
      for (const [i, weight] of expected.weights.entries()) expect(actual.weights[i]).toBeCloseTo(weight, 4);
    });

    it('names the adapter, and refuses one that computes on the CPU if hardware is required', async () => {
      const engine = await initWebgpu();
      expect(Object.values(engine.adapter).join('')).not.toBe('');
      expect(engine.maxBufferBytes).toBeGreaterThan(2 ** 26);
      if (!engine.software) return;
      await expect(initWebgpu({ requireHardware: true })).rejects.toMatchObject({ code: 'WEBGPU_SOFTWARE_ADAPTER' });
    });

    it('throws if a tensor is larger than the GPU allows, and keeps working', async () => {
      const { maxBufferBytes } = await initWebgpu();
      const tooMany = maxBufferBytes / 4 + 4;
      expect(() => tf.tidy(() => tf.fill([tooMany], 1))).toThrow(
        /a tensor of \d+ bytes exceeds this GPU's limit of \d+ bytes; use smaller batches/,
      );
      expect(Array.from(await tf.add([1, 2], [3, 4]).data())).toEqual([4, 6]);
    });

    it('reports that the device was lost, for every later op and read', async () => {
      await initWebgpu();
      const x = tf.add([1, 2], [3, 4]);
      await tf.nextFrame();
      (tf.backend() as unknown as { device: { destroy(): void } }).device.destroy();
      await expect(x.data()).rejects.toMatchObject({ code: 'WEBGPU_DEVICE_LOST' });
      expect(() => tf.relu(x)).toThrow(/the GPU was lost \(.*\); restart the program/);
    });
  });
}
