import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** A short run of `npm run fuzz:models`, on the built package. */
it('300 damaged models: no crash, no hang, no unexpected error, bounded memory', async () => {
  const script = fileURLToPath(new URL('../fuzz/models.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--count', '300', '--seed', '18']);
  const { ok, outcomes, failures } = JSON.parse(stdout);
  expect(failures).toEqual([]);
  expect(ok).toBe(true);
  expect(outcomes.loaded).toBeGreaterThan(20);
  expect(outcomes.refused).toBeGreaterThan(200);
}, 120_000);
