import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { conv2d } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import * as ort from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import { Autoencoder } from '../../src/entries/index';
import { exportOnnx } from '../../src/entries/interchange';
import { madeNetwork, tiedSamples } from './networks';
import { close, describeOnnx, distance, exported, folder, imagesOf, run } from './onnx-cases';

describe('as ONNX', () => describeOnnx(['pools of all kinds', 'normalized positions', 'zonal codes of blocks']));

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

  it('reads the zone of a code that was changed as it is read here', async () => {
    const network = await madeNetwork('zonal codes of features');
    const file = await exported(network, 'zones', { part: 'decoder' });
    // In the middle between two zones, near one, outside, and nothing at all.
    const zones = [0.5, 1.5, 2.5, 0.6, 1.4, -2, 9, Number.NaN];
    const numbers = zones.flatMap((zone) => [
      zone / 4,
      ...Array.from({ length: 19 }, (_, i) => zones.indexOf(zone) + i),
    ]);
    const shape = [zones.length, 20] as [number, number];
    const code = new ort.Tensor('float32', Float32Array.from(numbers), shape);
    const { reconstructions } = await run(file, { code });
    const expected = tf.tidy(() => {
      const images = network.decode(tf.tensor2d(numbers, shape), []);
      return tf.div(tf.transpose(images, [0, 3, 1, 2]), network.pixels.scale).dataSync<'float32'>();
    });
    expect(distance(reconstructions.data as Float32Array, expected)).toBeLessThan(close);
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
