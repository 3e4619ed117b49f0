/** Many processes take one lock again and again, which some leave behind as killed ones do; never do two of them have it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { scratchFolder } from './scratch';

const contender = `
import fs from 'node:fs';
import os from 'node:os';
import { takeLock } from ${JSON.stringify(path.resolve(import.meta.dirname, '../src/files/lock-file'))};
const [lock, end] = process.argv.slice(2);
let [entered, together] = [0, 0];
while (Date.now() < Number(end)) {
  let release;
  try {
    release = takeLock(lock);
  } catch (error) {
    if (!/is writing there/.test(error.message)) throw error;
    continue;
  }
  entered++;
  try {
    fs.writeFileSync(lock + '.inside', '', { flag: 'wx' });
    for (const since = Date.now(); Date.now() - since < 2; );
    fs.rmSync(lock + '.inside');
  } catch {
    together++;
  }
  // Nobody has this number.
  const dead = { pid: 4_194_305, host: os.hostname(), started: '', id: String(Math.random()) };
  fs.writeFileSync(lock + '.dead' + process.pid, JSON.stringify(dead));
  fs.renameSync(lock + '.dead' + process.pid, lock);
  release();
}
console.log(JSON.stringify({ entered, together }));
`;

test('one of many has a lock at a time', async () => {
  const folder = scratchFolder();
  const program = path.join(folder, 'contender.mjs');
  await build({
    stdin: { contents: contender, resolveDir: import.meta.dirname },
    ...{ outfile: program, bundle: true, platform: 'node', format: 'esm' },
  });
  const [lock, end] = [path.join(folder, 'x.lock'), Date.now() + 8000];
  const children = Array.from({ length: 12 }, () =>
    spawn(process.execPath, [program, lock, String(end)], { stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  const counts = await Promise.all(
    children.map(async (child) => {
      const [printed] = await Promise.all([text(child.stdout), once(child, 'close')]);
      return JSON.parse(printed) as { entered: number; together: number };
    }),
  );
  const sum = (of: 'entered' | 'together') => counts.reduce((total, count) => total + count[of], 0);
  expect(sum('together')).toBe(0);
  expect(sum('entered')).toBeGreaterThan(20);
  expect(fs.readdirSync(folder).sort()).toEqual(['contender.mjs', 'x.lock']);
}, 60_000);
