import { findPython } from '@ae/testing/python';
import { describe, expect, it } from 'vitest';
import { madeNetwork, onnxNetworks, tiedSamples } from './networks';
import { close, describeOnnx, distance, expectedOf, exported, imagesOf, run } from './onnx-cases';

const python = findPython(['numpy', 'onnx', 'onnxruntime'], 'ONNX files on onnxruntime for Python');

describe('as ONNX', () => describeOnnx(Object.keys(onnxNetworks), python));

describe('exportOnnx', () => {
  it('lets a transform network accept images of any size', async () => {
    const network = await madeNetwork('transform');
    const file = await exported(network, 'any-size');
    for (const size of [
      [16, 16, 3],
      [7, 40, 3],
      [33, 17, 3],
      [48, 32, 3],
    ]) {
      const samples = tiedSamples(2, size);
      const { reconstructions } = await run(file, { images: imagesOf(samples) });
      expect(reconstructions.dims).toEqual([2, 3, size[0], size[1]]);
      expect(distance(reconstructions.data as Float32Array, expectedOf(network, samples))).toBeLessThan(close);
    }
    network.dispose();
  });
});
