/**
 * Times training with @ae/layers beside PyTorch on the same CPU, in turns, each run in a process of its own.
 *
 *     AE_PYTHON=python3 npm run bench -- train [--runs 7] [--seconds 5] [--only mirror-32,mirror-32-adam] [--native] [--out FILE]
 *
 * First both train five steps from the same weights on the same images, and their losses must agree. PyTorch runs in two forms: as it
 * comes (eager, NCHW) and with channels last, which is its best setting for these networks. With --native, native TensorFlow by way of
 * tfjs-node runs as well, as `npm run test:native` has installed it. Prints a table of medians and writes
 * everything as JSON. Figures mean something on a quiet machine only; the ratios are of runs next to each other.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '5' },
    only: { type: 'string' },
    native: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const here = path.dirname(fileURLToPath(import.meta.url));
const python = process.env.AE_PYTHON ?? 'python3';
const cores = os.availableParallelism();

/** What is measured. Without `threads`: on all cores. */
const cases = {
  'mirror-32': { network: 'mirror', batch: 32 },
  'mirror-128': { network: 'mirror', batch: 128 },
  'mirror-32-adam': { network: 'mirror', batch: 32, optimizer: 'adam' },
  'mirror-128-adam': { network: 'mirror', batch: 128, optimizer: 'adam' },
  'mirror-32-forward': { network: 'mirror', batch: 32, forwardOnly: true },
  'mirror-128-forward': { network: 'mirror', batch: 128, forwardOnly: true },
  'mirror-32-one-thread': { network: 'mirror', batch: 32, threads: 1 },
  'mirror-128-one-thread': { network: 'mirror', batch: 128, threads: 1 },
  'strided-8': { network: 'strided', batch: 8 },
  'strided-32': { network: 'strided', batch: 32 },
  'strided-8-one-thread': { network: 'strided', batch: 8, threads: 1 },
  ...Object.fromEntries(
    ['transform-1536', 'transform-256'].flatMap((network) =>
      [16, 64].flatMap((batch) => [
        [`${network}-${batch}`, { network, batch }],
        [`${network}-${batch}-forward`, { network, batch, forwardOnly: true }],
      ]),
    ),
  ),
};

const ours = { name: 'ours', command: process.execPath, script: 'ours.mjs', options: {} };
const native = { ...ours, name: 'native TensorFlow', options: { native: true } };
const torch = { name: 'PyTorch', command: python, script: 'peer_torch.py', options: {} };
const torchChannelsLast = { ...torch, name: 'PyTorch channels last', options: { channelsLast: true } };

function run({ name, command, script, options }, more) {
  const settings = { threads: cores, seconds: Number(values.seconds), ...more, ...options };
  const { status, stdout, stderr } = spawnSync(command, [path.join(here, script), JSON.stringify(settings)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`[bench] ${name}: expected exit code 0, received ${status}.\n${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

/** Both train from the same weights on the same images: the losses agree, or nothing is timed. */
function check(side, network, optimizer) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ae-bench-train-'));
  try {
    const settings = { network, optimizer, batch: 5, check: folder };
    const [received, expected] = [side, torch].map((side) => run(side, settings).losses);
    for (const [step, loss] of received.entries()) {
      const error = Math.abs(loss / expected[step] - 1);
      if (!(error < 1e-4))
        throw new Error(
          `[bench] ${side.name}, ${network}, ${optimizer}: expected loss ${expected[step]} in step ${step + 1}, received ${loss}.`,
        );
    }
    console.log(
      `${side.name}, ${network}, ${optimizer}: five losses agree with PyTorch's, the last one ${received.at(-1).toFixed(6)}`,
    );
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

function summary(runs) {
  const speeds = runs.map(({ imagesPerSecond }) => imagesPerSecond);
  return {
    median: median(speeds),
    range: [Math.min(...speeds), Math.max(...speeds)],
    cpuMsPerImage: median(runs.map(({ cpuMsPerImage }) => cpuMsPerImage)),
    maxRssMiB: Math.max(...runs.map(({ maxRssMiB }) => maxRssMiB)),
    firstStepMs: runs[0].firstStepMs && median(runs.map(({ firstStepMs }) => firstStepMs)),
    version: runs[0].version,
    runs,
  };
}

const hasTorch = spawnSync(python, ['-c', 'import torch, numpy']).status === 0;
if (!hasTorch) console.warn(`SKIPPED: the PyTorch side, because "${python}" has no torch and numpy; set AE_PYTHON.`);
const own = values.native ? [ours, native] : [ours];
const sides = hasTorch ? [...own, torch, torchChannelsLast] : own;
const chosen = Object.entries(cases).filter(([name]) => !values.only || values.only.split(',').includes(name));
if (chosen.length === 0)
  throw new Error(`[bench] --only: expected names of ${Object.keys(cases).join(', ')}, received "${values.only}".`);
if (hasTorch)
  for (const network of new Set(chosen.map(([, { network }]) => network)))
    for (const optimizer of ['sgd', 'adam']) for (const side of own) check(side, network, optimizer);

const results = {};
for (const [name, settings] of chosen) {
  const runs = new Map(sides.map((side) => [side, []]));
  for (let i = 0; i < Number(values.runs); i++) for (const side of sides) runs.get(side).push(run(side, settings));
  results[name] = Object.fromEntries([...runs].map(([side, of]) => [side.name, summary(of)]));
  const line = Object.entries(results[name]).map(([side, { median, range, cpuMsPerImage, maxRssMiB }]) => {
    const ours = results[name].ours;
    const ratio =
      side === 'ours'
        ? ''
        : ` (ours ${(ours.median / median).toFixed(2)}x, ${(cpuMsPerImage / ours.cpuMsPerImage).toFixed(2)}x by CPU time)`;
    return `${side} ${median.toFixed(0)} [${range.map((speed) => speed.toFixed(0)).join(' - ')}]${ratio}, ${maxRssMiB.toFixed(0)} MiB`;
  });
  console.log(`${name.padEnd(22)} images/s: ${line.join('; ')}`);
}

const machine = {
  ...{ cpu: os.cpus()[0].model, cores, node: process.version, platform: `${os.platform()} ${os.release()}` },
  ...{ load: os.loadavg(), date: new Date().toISOString() },
};
if (values.out) {
  const report = { benchmark: 'train', machine, options: values, results };
  fs.writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`);
}
