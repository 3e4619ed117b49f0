/** Users of services and containers may have no home folder, or one that does not exist and cannot be created. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { collect, type Finished, mainFile, makeFolder, remove } from './ae';

const folder = makeFolder();
afterAll(() => remove(folder));
const file = path.join(folder, 'image.png');
writeFileSync(file, '');

function ae(home: string, ...args: string[]): Promise<Finished> {
  const env = { ...process.env, AE_CACHE: '', XDG_CACHE_HOME: '', HOME: home, USERPROFILE: home };
  const bin = path.join(mainFile, '../../bin/ae.js');
  return collect(
    spawn(process.execPath, [bin, ...args], { cwd: folder, env: { ...env, NODE_DISABLE_COMPILE_CACHE: '' } }),
  );
}

test('commands that keep nothing run, and others say what to set', async () => {
  const message =
    'This user has no home folder to keep imported images in; set AE_CACHE to a folder that ae may write to.';
  for (const home of ['', 'relative']) {
    expect(await ae(home, 'backend', '--json')).toMatchObject({ code: 0, stdout: expect.stringContaining('"wasm"') });
    expect(await ae(home, 'cache')).toEqual({ code: 1, stdout: '', stderr: `ae cache: ${message}\n` });
    expect(await ae(home, 'inspect', '.')).toEqual({ code: 1, stdout: '', stderr: `ae inspect: ${message}\n` });
  }
});

test('a home folder that cannot be written is named, with what to set instead', async () => {
  const { code, stderr } = await ae(file, 'inspect', '.');
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^ae inspect: Imported images are kept in \S+image\.png\S+, which cannot be written; set AE_CACHE to another folder\.\n$/,
  );
  expect(await ae(file, 'backend')).toMatchObject({ code: 0 });
});
