/** Runs the Python programs of the page on other runtimes one after the other, exactly as they are printed there. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findPython } from '@ae/testing/python';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aeOk, makeFolder, makePictures, remove } from '../ae';
import { root } from './extract';

const python = findPython(['torch', 'numpy', 'onnxruntime'], 'the Python programs of docs/another-runtime.md');
const page = readFileSync(path.join(root, 'packages/autoencoder/docs/another-runtime.md'), 'utf8');
const [onnx, torch, ...others] = [...page.matchAll(/^```python\n([\s\S]*?)^```$/gm)].map(([, code]) => code);

let folder: string;

beforeAll(() => {
  folder = makeFolder();
});
afterAll(() => remove(folder));

function run(program: string, print: string): string {
  writeFileSync(path.join(folder, 'program.py'), `${program}\n${print}\n`);
  const { status, stdout, stderr } = spawnSync(python as string, ['program.py'], { cwd: folder, encoding: 'utf8' });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.trim();
}

it.runIf(python)('another-runtime.md: ONNX Runtime, and PyTorch there and back', { timeout: 240_000 }, async () => {
  expect(others).toEqual([]);
  await makePictures(path.join(folder, 'photos'), 4, 64);
  const train = ['train', 'photos', '--code-size', '8', '--epochs', '1', '--out', 'runs/train-1'];
  await aeOk(folder, ...train, '--no-report', '--no-pca');
  await aeOk(folder, 'export-model', 'runs/train-1', 'net.onnx');
  await aeOk(folder, 'export-model', 'runs/train-1', 'net.safetensors');
  expect(run(onnx, 'print(reconstructions.shape)')).toBe('(8, 3, 64, 64)');
  expect(run(torch, 'print(list(reconstructions.shape), list(code.shape), loss.ndim)')).toBe('[8, 3, 64, 64] [8, 8] 0');
  expect(await aeOk(folder, 'import-model', 'trained.safetensors', 'model')).toContain('model: the network of');
});
