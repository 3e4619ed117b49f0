/** Errors before a training run is left to PyTorch. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeFolder, makeLmdb, plainDatum, remove } from './ae';
import { ae } from './one-process';

const folder = makeFolder();
afterAll(() => remove(folder));

beforeAll(async () => {
  await makeLmdb(path.join(folder, 'train.lmdb'), [plainDatum(16, 16), plainDatum(16, 16)]);
  const floatData = new Float32Array(768).fill(100);
  await makeLmdb(path.join(folder, 'floats.lmdb'), [{ channels: 3, height: 16, width: 16, floatData }]);
});

const refusals: readonly [string, string[]][] = [
  ['--processes requires --backend torchrun; add it, or leave --processes out.', ['--processes', '2']],
  ['--hand-over cannot be combined with --minutes; leave one out.', ['--hand-over', 'h', '--minutes', '1']],
  [
    '--schedule: expected a schedule that is known in advance, with torchrun, received plateau; choose another schedule, or train on another engine.',
    ['--hand-over', 'h', '--schedule', 'plateau'],
  ],
  [
    '--loss: expected mse or mae, with torchrun, received ssim; choose one of these, or train on another engine.',
    ['--backend', 'torchrun', '--loss', 'ssim'],
  ],
  [
    '--noise: expected 0, with torchrun, received 0.1; leave it out, or train on another engine.',
    ['--backend', 'torchrun', '--noise', '0.1'],
  ],
  [
    '--variational: expected false, with torchrun, received true; leave it out, or train on another engine.',
    ['--backend', 'torchrun', '--variational'],
  ],
  [
    'torchrun cannot read floats.lmdb: it contains float_data; import the images into an LMDB: ae import <images> <out.lmdb>, or train on another engine.',
    ['--backend', 'torchrun'],
  ],
];

describe('torchrun', () => {
  test.each(refusals)('%s', async (message, args) => {
    const data = message.includes('floats.lmdb') ? 'floats.lmdb' : 'train.lmdb';
    const { code, stderr } = await ae(folder, 'train', data, ...args);
    expect([code, stderr.trim()]).toEqual([1, `ae train: ${message}`]);
    expect(existsSync(path.join(folder, 'h'))).toBe(false);
    const runs = path.join(folder, 'runs');
    expect(existsSync(runs) ? readdirSync(runs) : []).toEqual([]);
  });

  test('says which Python it looked for, and how to get one', async () => {
    const before = process.env.AE_PYTHON;
    process.env.AE_PYTHON = 'no-such-python';
    try {
      const { stderr } = await (await import('./ae')).ae(folder, 'train', 'train.lmdb', '--backend', 'torchrun');
      expect(stderr).toContain('torchrun needs Python, but "no-such-python" does not run');
      expect(stderr).toMatch(/install Python 3\.10 or later with torch, numpy, lmdb and safetensors.*AE_PYTHON/);
    } finally {
      if (before === undefined) delete process.env.AE_PYTHON;
      else process.env.AE_PYTHON = before;
    }
  });
});
