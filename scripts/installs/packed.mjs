/** What the lanes of installations and of packages share: a scratch folder, the packed packages on a registry of their own, and checks in turn. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail, root, UNAVAILABLE } from '../lane.mjs';
import { execute } from './processes.mjs';

/** Reads --only, and what else `options` has; ends this program where a name in it is unknown. */
export function readFlags(names, options = {}) {
  const only = { type: 'string', multiple: true, default: names };
  const { values } = parseArgs({ options: { only, ...options } });
  const unknown = values.only.filter((name) => !names.includes(name));
  if (unknown.length > 0) fail(`--only: expected some of ${names.join(', ')}, received ${unknown.join(', ')}.`, 1);
  return values;
}

/** Makes a folder that is removed when this program ends, and returns what makes folders in it. */
export function scratchFolders(name) {
  const scratch = mkdtempSync(join(tmpdir(), name));
  process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
  return (folder) => {
    const place = join(scratch, folder);
    mkdirSync(place, { recursive: true });
    return place;
  };
}

/** Returns the registry that npm is set to. */
export const readRegistry = async () => (await execute(['npm', 'config', 'get', 'registry'], { cwd: root })).trim();

/**
 * Runs checks, `[name, work]` each, one after the other. A `work` that returns a reason was skipped for it; one that throws ends this
 * program. Where all were skipped, so was the lane.
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
