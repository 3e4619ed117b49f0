import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** A short form of `npm run torture`; what is fuzzed within one package has a short form there. */
test('a few damaged runs, kills and special files', async () => {
  const script = fileURLToPath(new URL('../run.mjs', import.meta.url));
  const args = [script, '--only', 'runs,kills,special', '--cases', '1', '--seed', '12'];
  const { stdout } = await promisify(execFile)(process.execPath, args).catch((error) => error);
  const { ok, faults } = JSON.parse(stdout);
  expect(faults).toEqual([]);
  expect(ok).toBe(true);
}, 300_000);
