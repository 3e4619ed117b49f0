/**
 * What the lanes for installations and packages share: a scratch folder, the packed packages on a local registry, and a sequence of checks.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail, root, UNAVAILABLE } from '../lane.mjs';
import { execute } from './processes.mjs';

/** Parses --only, and the other `options`; exits if a name in it is unknown. */
export function readFlags(names, options = {}) {
  const only = { type: 'string', multiple: true, default: names };
  const { values } = parseArgs({ options: { only, ...options } });
  const unknown = values.only.filter((name) => !names.includes(name));
  if (unknown.length > 0) fail(`--only: expected some of ${names.join(', ')}, received ${unknown.join(', ')}.`, 1);
  return values;
}

/** Creates a folder that is removed when this program ends, and returns a function that creates folders in it. */
export function scratchFolders(name) {
  const scratch = mkdtempSync(join(tmpdir(), name));
  process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
  return (folder) => {
    const place = join(scratch, folder);
    mkdirSync(place, { recursive: true });
    return place;
  };
}

/** Returns npm's current registry. */
export const readRegistry = async () => (await execute(['npm', 'config', 'get', 'registry'], { cwd: root })).trim();

/**
 * Runs checks, `[name, work]` each, one after the other. A `work` that returns a reason was skipped for that reason; one that throws ends
 * this program. If all were skipped, so was the lane.
 */
export async function runInTurn(checks) {
  const skipped = [];
  for (const [name, work] of checks) {
    const startedMs = performance.now();
    try {
      const reason = await work();
      if (reason) skipped.push(`${name}: ${reason}`);
      console.log(
        `${name}: ${reason ? 'skipped' : 'works'} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`,
      );
    } catch (error) {
      fail(`${name} FAILS\n${error.message}`, 1);
    }
  }
  for (const line of skipped) console.error(`SKIPPED: ${line}`);
  if (skipped.length === checks.length) fail('Nothing of this lane could be set up.', UNAVAILABLE);
}
