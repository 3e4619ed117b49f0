/** Errors before a training run is left to PyTorch. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ae as aeAlone, type Finished, makeFolder, makeLmdb, plainDatum, remove } from './ae';
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
    const { stderr } = await aeWithPython('no-such-python');
    expect(stderr).toContain('torchrun needs Python, but "no-such-python" does not run');
    expect(stderr).toMatch(/install Python 3\.10 or later with torch, numpy, lmdb and safetensors.*AE_PYTHON/);
  });

  test.skipIf(process.platform === 'win32')(
    'says what ended a process, not what torchrun says after that',
    async () => {
      const python = path.join(folder, 'python');
      writeFileSync(python, failingPython, { mode: 0o755 });
      const { code, stderr } = await aeWithPython(python);
      expect(code).toBe(1);
      expect(stderr).toContain(
        "torchrun ended early: terminate called after throwing an instance of 'std::bad_alloc'; see ",
      );
      const [, file = ''] = /see (.*errors\.txt) for all/.exec(stderr) ?? [];
      expect(readFileSync(path.join(folder, file), 'utf8')).toContain('launch_agent');
    },
  );
});

/** A Python that has all packages, and whose torchrun fails as one does of which a process aborted. */
const failingPython = `#!${process.execPath}
if (process.argv[2] === '-c') console.log('{"missing": [], "version": "3.11"}');
else {
  console.error("terminate called after throwing an instance of 'std::bad_alloc'");
  console.error('E1130 10:00:00.1 9 torch/distributed/elastic/multiprocessing/api.py:1002] failed (exitcode: -6) local_rank: 1 (pid: 9)');
  console.error('Traceback (most recent call last):');
  for (let i = 0; i < 50; i++) console.error('    return launch_agent(');
  process.exitCode = 1;
}
`;

async function aeWithPython(python: string): Promise<Finished> {
  const before = process.env.AE_PYTHON;
  process.env.AE_PYTHON = python;
  try {
    return await aeAlone(folder, 'train', 'train.lmdb', '--backend', 'torchrun');
  } finally {
    if (before === undefined) delete process.env.AE_PYTHON;
    else process.env.AE_PYTHON = before;
  }
}
