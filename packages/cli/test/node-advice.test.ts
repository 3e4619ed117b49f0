import { expect, it } from 'vitest';
import { nodeAdvice } from '../src/network/node-advice';

it('names a newer Node.js if it would train faster', () => {
  const wasm = { name: 'wasm' };
  const sentence = 'Node.js 24 or newer would train about 1.5 times as fast as Node.js 20.';
  expect(nodeAdvice(wasm, { node: '20.20.2' }, 'x64')).toBe(sentence);
  expect(nodeAdvice(wasm, { node: '22.1.0' }, 'x64')).toContain('Node.js 22.');
  expect(nodeAdvice(wasm, { node: '24.0.0' }, 'x64')).toBeUndefined();
  expect(nodeAdvice(wasm, { node: '20.20.2' }, 'arm64')).toBeUndefined();
  expect(nodeAdvice({ name: 'tensorflow' }, { node: '20.20.2' }, 'x64')).toBeUndefined();
});
