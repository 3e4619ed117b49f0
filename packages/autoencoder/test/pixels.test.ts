/** Channel order of samples and the network; Caffe's is blue, green, red, and only pictures have it. */
import '@tensorflow/tfjs-backend-cpu';
import { drawGrid } from '@ae/images/png';
import { describe, expect, it } from 'vitest';
import { samplesToTensor, valuesToSamples } from '../src/entries/index';

const rgb = { scale: 1, channelOrder: 'rgb' } as const;
const sampleOf = (channels: number) => ({
  ...{ channels, height: 1, width: 2 },
  data: Uint8Array.from({ length: 2 * channels }, (_, i) => 10 * (i >> 1) + (i & 1)),
});

describe('samples in the network', () => {
  it.each([
    [1, [0]],
    [2, [0, 1]],
    [3, [2, 1, 0]],
    [4, [2, 1, 0, 3]],
    [6, [0, 1, 2, 3, 4, 5]],
  ])('of %i channels are there in the order %j, and come back as they were', async (channels, order) => {
    const sample = sampleOf(channels);
    const tensor = samplesToTensor([sample], [1, 2, channels], rgb);
    const values = await tensor.data();
    expect([...values]).toEqual([0, 1].flatMap((x) => order.map((c) => 10 * c + x)));
    expect(valuesToSamples(values, [1, 2, channels], rgb)[0].data).toEqual(sample.data);
    tensor.dispose();
    const plain = samplesToTensor([sample], [1, 2, channels], { ...rgb, channelOrder: 'bgr' });
    expect([...(await plain.data()).slice(0, channels)]).toEqual(order.map((_, c) => 10 * c));
    plain.dispose();
  });

  it('may be floats, which are not rounded', async () => {
    const data = Float32Array.of(0.25, 1.5, 254.75);
    const tensor = samplesToTensor([{ channels: 1, height: 1, width: 3, data }], [1, 3, 1], { ...rgb, scale: 2 });
    expect([...(await tensor.data())]).toEqual([0.5, 3, 509.5]);
    tensor.dispose();
  });
});

it('pictures of a run show 3 and 4 channels in color, and the first channel of others; floats are rounded and clamped', () => {
  const first = (channels: number) => [...drawGrid([[[sampleOf(channels)]]], { margin: 0 }).data.slice(0, 3)];
  expect([1, 2, 3, 4, 6].map(first)).toEqual([
    [0, 0, 0],
    [0, 0, 0],
    [20, 10, 0],
    [20, 10, 0],
    [0, 0, 0],
  ]);
  const floats = { channels: 3, height: 1, width: 1, data: Float32Array.of(-3, 99.6, 300) };
  expect([...drawGrid([[[floats]]], { scale: 1, margin: 0 }).data]).toEqual([255, 100, 0]);
});
