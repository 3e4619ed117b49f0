/** Chance in tests has a seed; that a failing test prints it: random.slow.test.ts. */
import { expect, it } from 'vitest';
import { chooseSeed, randomOf } from '../src/random.mjs';

it('draws what mulberry32 draws', () => {
  // Its first numbers for the seed 1, as they are published: 0.6270739405881613, 0.002735721180215478, 0.5274470399599522.
  const random = randomOf(1);
  expect([1, 2, 3].map(() => random(2 ** 32))).toEqual([2693262067, 11749833, 2265367787]);
});

it('takes AE_SEED, which has to be a number', () => {
  expect(chooseSeed('12')).toBe(12);
  expect(() => chooseSeed('1e3')).toThrow('AE_SEED: expected a whole number of at most nine digits, received "1e3".');
});
