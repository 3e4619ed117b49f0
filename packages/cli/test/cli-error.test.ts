import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeFolder, remove } from './ae';
import { ae } from './one-process';

const folder = makeFolder();
afterAll(() => remove(folder));

test('a link to itself and an overlong name are reported by every command', async () => {
  symlinkSync('loop', path.join(folder, 'loop'));
  mkdirSync(path.join(folder, 'images'));
  const long = 'x'.repeat(300);
  const results = await Promise.all([
    ae(folder, 'inspect', 'loop'),
    ae(folder, 'export', 'loop', 'out'),
    ae(folder, 'import', 'loop', 'out'),
    ae(folder, 'inspect', long),
    ae(folder, 'import', 'images', long),
  ]);
  for (const { code, stdout, stderr } of results) {
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).not.toContain('unexpected');
  }
  expect(results[0].stderr).toBe('ae inspect: loop is a link that leads back to itself; choose another place.\n');
});
