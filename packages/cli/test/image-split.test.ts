/** Which images are held out for validation, chosen by their names. */
import type { DatumReader } from '@ae/lmdb-datum';
import { describe, expect, test } from 'vitest';
import { parseFraction, splitRecords } from '../src/data/image-split';

/** Splits records with these names, and returns those held out. */
function keptOf(names: readonly string[], fraction: number, seed = 0): string[] {
  const keys = names.map((name, i) => `${String(i).padStart(8, '0')}_${name}`);
  const reader = { keys: () => keys, datumAt: () => ({ label: 0 }) } as unknown as DatumReader;
  const { train, validation } = splitRecords(reader, { fraction, seed });
  expect([...train, ...validation].sort((a, b) => a - b)).toEqual(names.map((_, i) => i));
  return [...validation].map((i) => names[i]);
}

const seeds = Array.from({ length: 20 }, (_, i) => i);

describe('a split', () => {
  const many = ['a', 'b', 'c'].flatMap((name, k) =>
    Array.from({ length: 100 * (k + 1) }, (_, i) => `${name}/${name}_${1000 + i}.jpg`),
  );

  test('keeps classes in proportion', () => {
    const kept = keptOf(many, 0.1);
    expect(['a', 'b', 'c'].map((name) => kept.filter((each) => each.startsWith(name)).length)).toEqual([10, 20, 30]);
  });

  test('is the same for the same seed, and different for another', () => {
    expect(keptOf(many, 0.1, 7)).toEqual(keptOf(many, 0.1, 7));
    expect(keptOf(many, 0.1, 8)).not.toEqual(keptOf(many, 0.1, 7));
  });

  test('gives classes with few images their share together', () => {
    const few = Array.from({ length: 100 }, (_, i) => [`${i}/x.jpg`, `${i}/y.jpg`]).flat();
    expect(keptOf(few, 0.1)).toHaveLength(20);
  });

  test.each([
    [['cat.jpg', 'cat-copy.jpg', 'cat (1).jpg', 'Cat - Copy (2).jpg', 'cat_2.jpg', 'cat_flip.jpg', 'cat_aug_3.jpg']],
    [['clip1_frame0001.png', 'clip1_frame0002.png', 'clip1_frame0003.png']],
  ])('keeps %j on one side', (versions) => {
    const others = Array.from({ length: 30 }, (_, i) => `other${String.fromCharCode(97 + i)}x.jpg`);
    let sides = 0;
    for (const seed of seeds) {
      const kept = keptOf([...versions, ...others], 0.3, seed).filter((name) => versions.includes(name));
      expect([0, versions.length]).toContain(kept.length);
      if (kept.length > 0) sides++;
    }
    expect(sides).toBeGreaterThan(0);
  });

  test('recognizes the numbers of cameras and data sets', () => {
    const photos = Array.from({ length: 40 }, (_, i) => `IMG_${4000 + i}.jpg`);
    expect(keptOf(photos, 0.25)).toHaveLength(10);
    const records = Array.from({ length: 40 }, (_, i) => `n01440764_${4000 + i}.JPEG`);
    expect(keptOf(records, 0.25)).toHaveLength(10);
  });
});

test.each([
  ['0.1', 0.1],
  ['.25', 0.25],
  ['10%', 0.1],
  ['12.5%', 0.125],
  ['1.5', undefined],
  ['0.0', undefined],
  ['val.lmdb', undefined],
  ['1', undefined],
])('%s is the part %s', (text, fraction) => expect(parseFraction(text)).toBe(fraction));
