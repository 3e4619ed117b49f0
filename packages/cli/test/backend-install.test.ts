/** `ae backend install` and `remove`, without a network: what they require and what they leave alone. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ae, aeOk, jsonLines, makeFolder, remove } from './ae';

const folder = makeFolder();
const cache = path.join(folder, 'cache');

beforeAll(() => {
  process.env.AE_CACHE = cache;
});
afterAll(() => remove(folder));

test('install says what is missing, and remove undoes what was started', async () => {
  // With the npm package already there, Python is checked next.
  mkdirSync(path.join(cache, 'tensorflow/tfjs-node'), { recursive: true });
  writeFileSync(path.join(cache, 'tensorflow/made-by-ae'), '');
  const failed = await ae(folder, 'backend', 'install', 'tensorflow', '--python', './nowhere', '--json');
  expect(failed.code).toBe(1);
  expect(jsonLines(failed.stderr)).toEqual([
    {
      event: 'error',
      code: 'INSTALL_FAILED',
      message:
        'installTensorflow: pip was not found as "./nowhere"; install Python 3 with pip, or name another python with --python.',
    },
  ]);
  expect(failed.stdout).toBe('');
  expect(await aeOk(folder, 'backend', 'remove')).toBe(`Removed ${path.join(cache, 'tensorflow')}.\n`);
  expect(existsSync(path.join(cache, 'tensorflow'))).toBe(false);
  expect(await aeOk(folder, 'backend', 'remove')).toBe(`Nothing is installed in ${path.join(cache, 'tensorflow')}.\n`);
});

test('install knows only one engine, and remove leaves other folders alone', async () => {
  const { code, stderr } = await ae(folder, 'backend', 'install', 'cuda');
  expect(code).toBe(1);
  expect(stderr).toBe('ae backend install: <engine>: expected tensorflow, received "cuda".\n');
  mkdirSync(path.join(cache, 'tensorflow'), { recursive: true });
  expect((await ae(folder, 'backend', 'remove')).stderr).toMatch(
    /was not created by installTensorflow, so it is not removed/,
  );
});
