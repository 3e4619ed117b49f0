/** Whatever a public function is given, it throws an error of this package with one sentence. */
import { describe, expect, test } from 'vitest';
import * as images from '../src/entries/index';

const odd = [
  ...[
    undefined,
    null,
    0,
    -1,
    Number.NaN,
    '',
    'photo.jpg',
    [],
    [null],
    [1],
    [[[null]]],
    {},
    () => 1,
    Symbol('x'),
    10n,
    true,
  ],
  ...[
    new Uint8Array(0),
    new Uint8Array(5),
    new Float32Array(3),
    new Date(),
    new Map(),
    new ArrayBuffer(0),
    new Blob([]),
  ],
  ...[
    { data: null, width: 1, height: 1 },
    { data: new Uint8Array(3), width: 9, height: 9, channels: 3 },
  ],
  ...[{ data: new Uint8Array(3), info: {} }, { shape: [1], dtype: 'float32' }, Buffer.from('ffd8ffe000', 'hex')],
];
// Only this package creates errors.
const names = Object.keys(images).filter((name) => !/Error$|^loadSharp$/.test(name));

/** Calls a function or a constructor, and waits for the result. */
async function outcomeOf(name: string, args: readonly unknown[]): Promise<unknown> {
  const it = (images as unknown as Record<string, new (...args: readonly unknown[]) => unknown>)[name];
  try {
    await (name === 'RawImage' || name === 'ImageFolder'
      ? new it(...args)
      : (it as unknown as (...args: readonly unknown[]) => unknown)(...args));
    return undefined;
  } catch (error) {
    return error;
  }
}

describe.each(names)('%s', (name) => {
  test('throws only errors of this package', async () => {
    for (const first of odd) {
      for (const args of [[first], [first, null], [first, 'x'], [first, {}]]) {
        const error = (await outcomeOf(name, args)) as Error | undefined;
        if (error === undefined) continue;
        expect(error, `${name}(${args.map((arg) => typeof arg)})`).toBeInstanceOf(images.ImagesError);
        expect(error.message.split('\n')).toHaveLength(1);
      }
    }
  });
});

test('says what is expected', () => {
  const message = (call: () => unknown) => {
    try {
      return call();
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(message(() => images.kindOfImage('photo.jpg' as never))).toBe(
    '[images] kindOfImage: expected the bytes of an image file, received "photo.jpg"; readImage takes paths, addresses, Files and Blobs.',
  );
  const short = { data: new Uint8Array(5), channels: 3, height: 2, width: 1 };
  expect(message(() => images.toGray(short))).toMatch(
    /^\[images\] toGray: expected pixels, .*, received 5 values for 3x2x1\.$/,
  );
  expect(message(() => images.drawGrid([]))).toMatch(/^\[images\] drawGrid: expected groups of rows of images/);
});
