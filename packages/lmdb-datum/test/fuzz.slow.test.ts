import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** A short run of `npm run fuzz`, on the built package. */
it('200 damaged files: no crash, no hang, only errors of this package, bounded memory', async () => {
  const script = fileURLToPath(new URL('../fuzz/run.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--count', '200', '--seed', '20']);
  const { ok, outcomes, failures, mostRssMiB } = JSON.parse(stdout);
  expect(failures).toEqual([]);
  expect(outcomes).toMatchObject({ bug: 0, death: 0, hang: 0 });
  expect(outcomes.error + outcomes.same + outcomes.wrong).toBe(200);
  // Damage that goes unnoticed is inside values, where LMDB has no checksum.
  expect(outcomes.wrong).toBeLessThan(20);
  expect([ok, mostRssMiB < 512]).toEqual([true, true]);
}, 120_000);
