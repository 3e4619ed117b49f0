/** What tests meet on a machine is described by what changes when it is installed again. */
import { chmodSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { describeMachine } from '../src/machine.mjs';
import { scratchFolder } from '../src/scratch.mjs';

afterEach(() => vi.unstubAllEnvs());

it.skipIf(process.platform === 'win32')('changes with a package of Python and with Chromium', () => {
  const [python, chromium] = ['python', 'chromium'].map((name) => join(scratchFolder(), name));
  const install = (version: string) => {
    writeFileSync(python, `#!/bin/sh\necho 3.11\necho lmdb ${version}\n`);
    chmodSync(python, 0o755);
  };
  install('1.4');
  writeFileSync(chromium, '');
  vi.stubEnv('AE_PYTHON', python);
  vi.stubEnv('AE_CHROMIUM', chromium);
  const first = describeMachine();
  expect(JSON.parse(first)).toMatchObject({ node: [process.version, {}, {}], python: ['3.11', 'lmdb 1.4'] });
  expect(describeMachine()).toBe(first);
  install('1.5');
  const second = describeMachine();
  expect(second).not.toBe(first);
  utimesSync(chromium, 1, 1);
  expect(describeMachine()).not.toBe(second);
});
