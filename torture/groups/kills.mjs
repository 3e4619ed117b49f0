/** Ends `ae train` and `ae import` at random moments, again and again, and goes on: the end is that of the undisturbed one. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pick, randomOf } from '@ae/testing/random';
import { runAe } from '../ae.mjs';
import { makeDatabase, makeImages, trainingArgs } from '../data.mjs';
import { digest, digestOfRecords } from '../files.mjs';

const signals = ['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGINT'];
const mostKills = 6;

const works = {
  train: {
    begin: (out) => [...trainingArgs(4), '--out', out],
    goOn: (out) => ['train', '--resume', out],
    result: (out) => digest(readFileSync(path.join(out, 'model/weights.bin'))),
  },
  import: {
    begin: (out) => ['import', 'images', out, '--resize', '12'],
    goOn: (out) => ['import', 'images', out, '--resize', '12', '--resume'],
    result: digestOfRecords,
  },
};

export async function kills(folder) {
  await makeDatabase(path.join(folder, 'db'), 24);
  await makeImages(path.join(folder, 'images'), 300);
  const expected = {};
  const tookMs = {};
  for (const [name, { begin, result }] of Object.entries(works)) {
    const startedMs = performance.now();
    const { code, stderr } = await runAe(begin(`${name}-whole`), { cwd: folder });
    if (code !== 0) throw new Error(`ae ${name}: ${stderr}`);
    tookMs[name] = performance.now() - startedMs;
    expected[name] = result(path.join(folder, `${name}-whole`));
  }
  return { run: (seed) => killOften({ folder, expected, tookMs }, seed) };
}

async function killOften({ folder, expected, tookMs }, seed) {
  const random = randomOf(seed);
  const name = pick(Object.keys(works), random);
  const out = `killed-${seed}`;
  const said = [];
  const [begin, goOn] = [works[name].begin(out), works[name].goOn(out)];
  let args = begin;
  let refused = 0;
  try {
    for (let tries = 0; tries < mostKills + 5; tries++) {
      const kill = tries < mostKills && {
        signal: pick(signals, random),
        afterMs: random(Math.round(1.1 * tookMs[name])),
      };
      const { code, signal, stderr, fault } = await runAe(args, { cwd: folder, kill: kill || undefined });
      said.push(kill ? `${kill.signal} ${kill.afterMs} ms` : 'undisturbed');
      if (fault) return { what: `${name}: ${said.join(', ')}`, fault };
      if (code === 0) {
        const result = works[name].result(path.join(folder, out));
        const fault = result === expected[name] ? undefined : 'came to another end than undisturbed';
        return { what: `${name}: ${said.join(', ')}`, outcome: 'same', fault };
      }
      // After a signal one goes on; what refuses to leads to the other command, which then must not refuse.
      const stopped = signal !== null || code === 130 || code === 143;
      refused = stopped ? 0 : refused + 1;
      // Killed between its last byte and its end, it has nothing left to do, and says that the output exists.
      if (refused > 1 && isDone(works[name], path.join(folder, out), expected[name])) {
        return { what: `${name}: ${said.join(', ')}`, outcome: 'same' };
      }
      if (refused > 1) return { what: `${name}: ${said.join(', ')}`, fault: `cannot go on: ${stderr.slice(-400)}` };
      if (!stopped || args !== goOn) args = args === goOn ? begin : goOn;
    }
    return { what: `${name}: ${said.join(', ')}`, fault: 'does not come to its end' };
  } finally {
    if (existsSync(path.join(folder, out))) rmSync(path.join(folder, out), { recursive: true, force: true });
  }
}

function isDone({ result }, out, expected) {
  try {
    return result(out) === expected;
  } catch {
    return false;
  }
}
