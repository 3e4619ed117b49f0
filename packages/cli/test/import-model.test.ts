import { copyFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Autoencoder } from '@ae/autoencoder';
import { conv2d, conv2dTranspose } from '@ae/layers';
import { afterAll, expect, test } from 'vitest';
import { makeFolder, remove } from './ae';
import { ae, aeOk } from './one-process';

const folder = makeFolder();
afterAll(() => remove(folder));

/** Made by packages/autoencoder/test/golden/make_torch7_golden.py. */
const author = fileURLToPath(new URL('../../autoencoder/test/golden/torch7/author.t7', import.meta.url));

test('ae import-model reads networks of PyTorch, Torch7, Keras and TensorFlow.js', async () => {
  copyFileSync(author, path.join(folder, 'author.t7'));
  expect(await aeOk(folder, 'import-model', 'author.t7', 'author')).toBe(
    'author: the network of author.t7, from Torch7\n' +
      '  images   16x16, 3 channels\n  code     10 numbers\n  weights  3,805\n  pixels   bytes times 0.00390625, bgr\n',
  );
  const read = await Autoencoder.load(path.join(folder, 'author'));
  expect(read.codeSize).toBe(10);
  read.dispose();
  await aeOk(folder, 'export-model', 'author', 'author.safetensors');
  expect(JSON.parse(await aeOk(folder, 'import-model', 'author.safetensors', 'again', '--json'))).toMatchObject({
    format: 'pytorch',
    inputShape: [16, 16, 3],
    pixels: { channelOrder: 'bgr' },
  });
  const taken = await ae(folder, 'import-model', 'author.t7', 'again');
  expect(taken.stderr).toBe('ae import-model: again already exists; delete it or choose another name.\n');
  const small = await ae(folder, 'import-model', 'author.t7', 'small', '--size', '8');
  expect(small.stderr).toMatch(
    /author\.t7: it is not a readable Torch7 network: module 9 \(nn\.Reshape\) makes 128 of/,
  );
  const preset = await ae(folder, 'import-model', 'author.t7', 'small', '--preset', 'mirror');
  expect(preset.stderr).toBe('ae import-model: --preset applies to PyTorch, not Torch7; leave it out.\n');
  const lonely = await ae(folder, 'import-model', 'author.safetensors', 'small', '--size', '16');
  expect(lonely.stderr).toBe('ae import-model: --size requires --preset; add it, or leave --size out.\n');
  expect(existsSync(path.join(folder, 'small'))).toBe(false);

  // The folder of a LayersModel, and the same network from Keras.
  const made = new Autoencoder({
    inputShape: [4, 4, 1],
    layers: [
      conv2d({ filters: 2, kernelSize: 2, strides: 2, name: 'code' }),
      conv2dTranspose({ filters: 1, kernelSize: 2, strides: 2 }),
    ],
  });
  await made.initialize();
  await made.save(path.join(folder, 'made'));
  made.dispose();
  expect(await aeOk(folder, 'export-model', 'made', 'made.keras')).toBe(
    'made.keras: the network for Keras 3\n  images  float32 [N, 4, 4, 1], bytes times 0.00390625\n',
  );
  for (const [from, to, title] of [
    ['made.keras', 'from-keras', 'Keras'],
    ['made', 'from-tfjs', 'TensorFlow.js'],
  ]) {
    expect(await aeOk(folder, 'import-model', from, to, '--pixel-scale', '1/255')).toBe(
      `${to}: the network of ${from}, from ${title}\n  images   4x4, 1 channel\n  code     8 numbers\n  weights  19\n  pixels   bytes times ${1 / 255}\n`,
    );
  }
}, 60_000);

test('ae import-model accepts weights of preset transform with fewer coefficients than its default', async () => {
  const made = new Autoencoder({ preset: 'transform', inputShape: [8, 8, 3], codeSize: 12, coefficients: 20 });
  await made.initialize();
  await made.save(path.join(folder, 'few'));
  made.dispose();
  await aeOk(folder, 'export-model', 'few', 'few.safetensors');
  const flags = ['--preset', 'transform', '--size', '8', '--code-size', '12'];
  const other = await ae(folder, 'import-model', 'few.safetensors', 'few-again', ...flags);
  expect(other.stderr).toMatch(/^ae import-model: few\.safetensors: .*20/);
  await aeOk(folder, 'import-model', 'few.safetensors', 'few-again', ...flags, '--coefficients', '20');
  const lonely = await ae(folder, 'import-model', 'few.safetensors', 'few-third', '--coefficients', '20');
  expect(lonely.stderr).toBe(
    'ae import-model: --coefficients requires --preset; add it, or leave --coefficients out.\n',
  );
}, 60_000);
