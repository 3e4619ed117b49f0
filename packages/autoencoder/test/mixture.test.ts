import { expect, it } from 'vitest';
import { CodeMixture } from '../src/codes/mixture';
import { Random } from '../src/data/random';

const pause = async () => {};

/** Two clouds of long codes with heavy tails, most of whose numbers are small. */
function clouds(count: number, size: number): Float32Array {
  const random = new Random(3);
  const normals = random.normals(count * size);
  return Float32Array.from({ length: count * size }, (_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    const deviation = j < 4 ? 1 : 0.1 / (1 + j / 20);
    return deviation * normals[at] + (j === 0 ? (i % 4 === 0 ? -12 : 4) : 0) + (j === 1 ? normals[at - 1] : 0);
  });
}

const moments = (codes: Float32Array, size: number, j: number) => {
  const own = Array.from({ length: codes.length / size }, (_, i) => codes[i * size + j]);
  const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
  return [mean, Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / own.length)];
};

it.each([6, 120])(
  'a mixture draws codes of %d numbers that are distributed as those it was fitted to',
  async (size) => {
    const [count, drawnCount] = [400, 1500];
    const values = clouds(count, size);
    const fit = async (seed: number) => {
      const random = new Random(seed);
      const mixture = await CodeMixture.fit({ values, count, size }, random, { components: 2, pause });
      return mixture.draw(drawnCount, random);
    };
    const drawn = await fit(1);
    expect(Buffer.from(drawn.buffer).equals(Buffer.from((await fit(1)).buffer))).toBe(true);
    for (const j of [0, 1, 3, size - 1]) {
      const [[mean, deviation], [expectedMean, expectedDeviation]] = [
        moments(drawn, size, j),
        moments(values, size, j),
      ];
      expect(Math.abs(mean - expectedMean)).toBeLessThan(0.2 * expectedDeviation);
      expect(Math.abs(deviation / expectedDeviation - 1)).toBeLessThan(0.15);
    }
    // A quarter of the codes is in one cloud, and almost none between the two: a single Gaussian could not produce that.
    const first = Array.from({ length: drawnCount }, (_, i) => drawn[i * size]);
    expect(Math.abs(first.filter((value) => value < -4).length / drawnCount - 0.25)).toBeLessThan(0.05);
    expect(first.filter((value) => value > -8 && value < 0).length).toBeLessThan(0.002 * drawnCount);
  },
);
