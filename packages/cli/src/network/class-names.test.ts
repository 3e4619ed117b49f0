import { expect, test } from 'vitest';
import { classNames } from './class-names';

test('classes are called as the folders that their images came from', () => {
  const images = [
    { key: '00000000_cat/1.png', label: 0 },
    { key: '00000001_cat/2.png', label: 0 },
    { key: 'birds/crow/3.png', label: 4 },
    { key: '00000002_4.png', label: 5 },
    { key: '00000003_dog/1.png', label: 6 },
    { key: '00000004_fox/1.png', label: 6 },
    { key: '00000005_none/1.png' },
  ];
  expect([...classNames(images)]).toEqual([
    [0, 'cat'],
    [4, 'birds/crow'],
  ]);
});

test('one folder of images of several classes is the name of none', () => {
  expect(classNames([0, 1, 1].map((label) => ({ key: `images/${label}.png`, label }))).size).toBe(0);
});
