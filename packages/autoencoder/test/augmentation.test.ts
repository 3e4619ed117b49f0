import { beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../src/data/random';
import { Autoencoder, type Sample, useBackend } from '../src/entries/index';
import { augmentSamples, centerCrop, cropSample, mirrorSample } from '../src/training/augmentation';
import { rectangleSamples } from './rectangles';

/** Two channels of 3 rows and 4 columns; each value says where it is: channel, row, column. */
const sample: Sample = {
  ...{ channels: 2, height: 3, width: 4, label: 7 },
  data: Uint8Array.from([0, 100].flatMap((c) => [0, 10, 20].flatMap((y) => [0, 1, 2, 3].map((x) => c + y + x)))),
};

beforeAll(async () => {
  await useBackend('wasm');
});

describe('changes of images', () => {
  it('mirror each row', () => {
    const { data, ...rest } = mirrorSample(sample);
    expect(rest).toEqual({ channels: 2, height: 3, width: 4, label: 7 });
    expect([...data.subarray(0, 8)]).toEqual([3, 2, 1, 0, 13, 12, 11, 10]);
    expect([...data.subarray(20)]).toEqual([123, 122, 121, 120]);
    expect(mirrorSample(mirrorSample(sample))).toEqual(sample);
  });

  it('crop', () => {
    const { data, ...rest } = cropSample(sample, { top: 1, left: 2, height: 2, width: 2 });
    expect(rest).toEqual({ channels: 2, height: 2, width: 2, label: 7 });
    expect([...data]).toEqual([12, 13, 22, 23, 112, 113, 122, 123]);
  });

  it('mirror half of the images and crop at every position, equally often', () => {
    const many = Array.from({ length: 3000 }, () => sample);
    const changed = augmentSamples(many, [2, 2, 2], { mirror: true, crop: true }, new Random(1));
    const counts = new Map<string, number>();
    for (const { data } of changed) {
      const place = String(data.subarray(0, 2));
      counts.set(place, (counts.get(place) ?? 0) + 1);
    }
    // 2 rows times 3 columns, mirrored or not.
    const expected = ['0,1', '1,2', '2,3', '10,11', '11,12', '12,13'].flatMap((pair) => [
      pair,
      pair.split(',').reverse().join(','),
    ]);
    expect([...counts.keys()].sort()).toEqual(expected.sort());
    for (const count of counts.values()) expect(Math.abs(count - 250)).toBeLessThan(80);
  });

  it('leave samples alone if there is nothing to do', () => {
    const samples = [sample];
    expect(augmentSamples(samples, [3, 4, 2], { noise: 0.5 }, new Random(1))).toBe(samples);
  });
});

describe('training on crops', () => {
  const large = rectangleSamples(6, { size: 20 });

  it('accepts larger images and validates on their centers', async () => {
    const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 24 });
    await ae.initialize({ seed: 1 });
    const { epochs } = await ae.train(large, {
      ...{ epochs: 2, batchSize: 3, validation: large },
      augmentation: { crop: true, mirror: true },
    });
    const middles = large.map((sample) => cropSample(sample, { top: 2, left: 2, height: 16, width: 16 }));
    const { mse } = await ae.evaluate(middles);
    expect(epochs[1].validation?.mse).toBeCloseTo(mse, 12);
    expect(await centerCrop(large, [16, 16, 3]).at(1)).toEqual(middles[1]);
    await expect(ae.train(rectangleSamples(2, { size: 12 }), { augmentation: { crop: true } })).rejects.toThrow(
      'sample 0: expected at least 16x16 pixels to crop from, received 12x12',
    );
    await expect(ae.train(large, { epochs: 1 })).rejects.toThrow('expected 3x16x16');
    ae.dispose();
  });
});

it.each([
  [{ mirror: 1 }, 'augmentation.mirror: expected true or false, received 1'],
  [{ noise: -1 }, 'augmentation.noise: expected a number of at least 0'],
  [{ rotate: 10 }, 'unknown option "rotate"'],
])('refuses %o', async (augmentation, message) => {
  const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 24 });
  await ae.initialize({ seed: 1 });
  await expect(ae.train(rectangleSamples(2, { size: 16 }), { augmentation: augmentation as object })).rejects.toThrow(
    message,
  );
  ae.dispose();
});
