/**
 * Damages, kills and starves the built packages and the `ae` command.
 *
 *     npm run torture -- [--seed N] [--minutes M] [--only databases,images,models,runs,kills,special] [--cases N]
 *
 * Takes a case of each group in turn until the time is over. A fault is printed with what repeats it alone (--only GROUP --seed N --cases 1).
 * Prints a JSON summary; exit code 1 for any death by a signal, hang, memory over a bound, foreign error, or loss without a word.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { fuzzing } from './groups/fuzz.mjs';
import { kills } from './groups/kills.mjs';
import { runs } from './groups/runs.mjs';
import { special } from './groups/special.mjs';

/** Each makes what its cases share in a folder, and runs the case of a seed. */
const groups = {
  databases: fuzzing('databases'),
  images: fuzzing('images'),
  models: fuzzing('models'),
  runs,
  kills,
  special,
};

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '10' },
    only: { type: 'string', default: Object.keys(groups).join(',') },
    cases: { type: 'string', default: '1000000' },
  },
});
const [seed, minutes, cases] = [values.seed, values.minutes, values.cases].map(Number);
const names = values.only.split(',');
for (const name of names)
  if (!Object.hasOwn(groups, name)) throw new Error(`--only: no group "${name}"; there are ${Object.keys(groups)}`);
if (![seed, minutes, cases].every((number) => number >= 0))
  throw new Error('expected numbers for --seed, --minutes and --cases');

const until = Date.now() + minutes * 60_000;
const folder = mkdtempSync(path.join(tmpdir(), 'ae-torture-'));
const summary = Object.fromEntries(names.map((name) => [name, { cases: 0, outcomes: {} }]));
const faults = [];
try {
  const ready = {};
  for (const name of names) {
    const own = path.join(folder, name);
    mkdirSync(own);
    ready[name] = await groups[name](own);
  }
  for (let i = 0; i < cases && (i === 0 || Date.now() < until); i++) {
    for (const name of names) {
      if (i > 0 && Date.now() >= until) break;
      const { what, outcome = 'done', fault } = await ready[name].run(seed + i);
      const group = summary[name];
      group.cases++;
      const ended = fault ? 'fault' : outcome;
      group.outcomes[ended] = (group.outcomes[ended] ?? 0) + 1;
      if (!fault) continue;
      faults.push({ group: name, seed: seed + i, what, fault });
      console.error(`FAULT ${name}, --only ${name} --seed ${seed + i} --cases 1: ${what}: ${fault}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(JSON.stringify({ ok: faults.length === 0, seed, groups: summary, faults }, null, 2));
process.exitCode = faults.length === 0 ? 0 : 1;
