import { expect, it } from 'vitest';
import { inWords } from '../src/in-words';

const endless: { self?: unknown } = {};
endless.self = endless;

it.each<[unknown, string]>([
  [undefined, 'undefined'],
  [null, 'null'],
  [8, '8'],
  ['8', '"8"'],
  ['a"b', '"a\\"b"'],
  ['x'.repeat(100), `"${'x'.repeat(77)}..."`],
  [10n, '10'],
  [Symbol('s'), 'Symbol(s)'],
  [() => 1, 'a function'],
  [[], '[]'],
  [[5, 3], '[5,3]'],
  [[1, Number.NaN, 2], '[1,NaN,2]'],
  [[10n], 'a list of 1'],
  [Array(5000).fill(1), 'a list of 5000'],
  [{ length: 3 }, '{"length":3}'],
  [endless, 'an object of self'],
  [{ data: new Float32Array(12) }, 'an object of data'],
  [new Uint8Array(768), 'Uint8Array of 768'],
  [new DataView(new ArrayBuffer(6)), 'DataView of 6'],
  [new Map(), 'an object Map'],
])('writes %o as %s', (value, text) => expect(inWords(value)).toBe(text));
