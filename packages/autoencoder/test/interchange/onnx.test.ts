import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { conv2d } from '@ae/layers';
import { layers } from '@tensorflow/tfjs-layers';
import * as ort from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import { Autoencoder } from '../../src/entries/index';
import { exportOnnx } from '../../src/entries/interchange';
import { madeNetwork, tiedSamples } from './networks';
import { describeOnnx, exported, folder, imagesOf, run } from './onnx-cases';

describe('as ONNX', () => describeOnnx(['pools of all kinds', 'normalized positions']));

describe('exportOnnx', () => {
  it('takes and returns bytes, blue first, on request', async () => {
    const network = await madeNetwork('mirror');
    const samples = tiedSamples(2, network.inputShape);
    const file = await exported(network, 'bytes', { pixelType: 'uint8', channelOrder: 'bgr', opset: 13 });
    const { data, dims } = imagesOf(samples, 'bgr');
    const images = new ort.Tensor('uint8', Uint8Array.from(data as Float32Array), dims);
    const { reconstructions } = await run(file, { images });
    const own = await network.reconstruct(samples);
    expect(Array.from(reconstructions.data as Uint8Array)).toEqual(own.flatMap((each) => Array.from(each.data)));
    network.dispose();
  });

  it('refuses an unsupported layer by name, and writes nothing', async () => {
    const layer = layers.masking({ name: 'even' });
    const network = new Autoencoder({
      inputShape: [4, 4, 1],
      layers: [conv2d({ filters: 1, kernelSize: 1, name: 'code' }), layer],
    });
    await network.initialize();
    const file = path.join(folder, 'refused.onnx');
    await expect(exportOnnx(network, file)).rejects.toThrow(
      /layer "even" \(Masking\) cannot be exported to ONNX; use others; known are Conv2D, /,
    );
    expect(existsSync(file)).toBe(false);
    network.dispose();
  });

  it('overwrites nothing unless asked, and says which options it knows', async () => {
    const network = await madeNetwork('strided convolutions');
    const file = path.join(folder, 'there.onnx');
    writeFileSync(file, 'mine');
    await expect(exportOnnx(network, file)).rejects.toThrow(
      `${file} already exists; choose another file, or set overwrite.`,
    );
    await expect(exportOnnx(network, file, { opset: 12 })).rejects.toThrow(
      'opset: expected a whole number from 13 to 21, received 12.',
    );
    expect(readFileSync(file, 'utf8')).toBe('mine');
    network.dispose();
  });
});
