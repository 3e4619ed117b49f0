/**
 * Says how a training step (`mirror` or `strided` of bench/train) grows faster with threads, and what keeps it from it:
 *
 *     npm run bench -- scaling [--network strided] [--batch 8] [--threads 2] [--optimizer sgd] [--runs 5] [--seconds 3]
 *
 * Runs of one thread and of several alternate, in processes of their own. Of every stretch of a step the shortest time counts, over all
 * steps and runs: what other programs take from the machine is left out, and what remains is arithmetic. Long stretches find
 * an undisturbed moment less often, so shares of one run compare better than times of two versions.
 */
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    network: { type: 'string', default: 'strided' },
    batch: { type: 'string', default: '8' },
    threads: { type: 'string', default: String(os.availableParallelism()) },
    optimizer: { type: 'string', default: 'sgd' },
    runs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
  },
});
const script = fileURLToPath(new URL('ours.mjs', import.meta.url));
const several = Number(values.threads);

/** The steps of one run: for each its milliseconds and stretches. */
function run(threads) {
  const options = { ...values, batch: Number(values.batch), seconds: Number(values.seconds), threads };
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, JSON.stringify(options)], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`[bench] scaling: expected exit code 0, received ${status}.\n${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

/** Adds up, by name, the shortest time of every stretch and its usual wait. */
function summary(steps) {
  const byName = new Map();
  for (const [index, { name, shared }] of steps[0].stretches.entries()) {
    const all = steps.map(({ stretches }) => stretches[index]);
    const sum = byName.get(name) ?? { shared, ms: 0, waitMs: 0 };
    sum.ms += Math.min(...all.map(({ ms }) => ms));
    sum.waitMs += median(all.map(({ waitMs }) => waitMs));
    byName.set(name, sum);
  }
  return byName;
}

const runs = Array.from({ length: Number(values.runs) }, () => [run(1), run(several)]);
const [one, many] = [0, 1].map((side) => summary(runs.flatMap((pair) => pair[side])));
const ratios = runs.map((pair) => median(pair[0].map(({ ms }) => ms)) / median(pair[1].map(({ ms }) => ms)));
const total = (sums, of) => [...sums.values()].filter(of).reduce((sum, { ms }) => sum + ms, 0);
const [shared, serial] = [({ shared }) => shared, ({ shared }) => !shared];

console.log(`| ${values.network}, batch ${values.batch} | 1 thread, ms | ${several} threads, ms | ratio | wait, ms |`);
console.log('| --- | ---: | ---: | ---: | ---: |');
const row = (name, a, b, wait) =>
  console.log(`| ${[name, a.toFixed(2), b.toFixed(2), (a / b).toFixed(2), wait].join(' | ')} |`);
for (const [name, { ms, waitMs }] of [...many].sort(([, a], [, b]) => b.ms - a.ms)) {
  if (ms > 0.002 * total(many, () => true)) row(name, one.get(name).ms, ms, waitMs.toFixed(2));
}
row('all jobs', total(one, shared), total(many, shared), '');
row('all on the main thread', total(one, serial), total(many, serial), '');
row(
  'step',
  total(one, () => true),
  total(many, () => true),
  '',
);
const bound = total(one, () => true) / (total(one, shared) / several + total(many, serial));
console.log(`\nIf jobs alone grew ${several} times as fast: ${bound.toFixed(2)}x (Amdahl).`);
console.log(
  `Medians of whole steps: ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}; median ${median(ratios).toFixed(2)}x.`,
);
