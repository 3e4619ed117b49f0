import { expect, it } from 'vitest';
import { formatBytes, formatCount, formatDuration, formatNumberOf } from '../src/numbers';

it.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [6272, '6,272 bytes'],
  [99_999, '99,999 bytes'],
  [100_000, '100 kB'],
  [999_499, '999 kB'],
  [999_999, '1.00 MB'],
  [14_766_515, '14.8 MB'],
  [1.53e9, '1.53 GB'],
  [4e12, '4.00 TB'],
])('writes %d bytes as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

it.each([
  [0, '0 ms'],
  [349.6, '350 ms'],
  [4210, '4.2 s'],
  [59_949, '59.9 s'],
  [59_999, '1 min 0 s'],
  [185_000, '3 min 5 s'],
  [3_599_600, '1 h 0 min'],
  [7_620_000, '2 h 7 min'],
  [97_200_000, '1 d 3 h'],
])('writes %d ms as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

it('writes counts in groups of three digits, with what they are of', () => {
  expect([1, 999, 1000, 1234567, 1233.7].map(formatCount)).toEqual(['1', '999', '1,000', '1,234,567', '1,234']);
  expect([formatNumberOf(1, 'image'), formatNumberOf(1800, 'image')]).toEqual(['1 image', '1,800 images']);
  expect(formatNumberOf(2, 'box', 'boxes')).toBe('2 boxes');
});
