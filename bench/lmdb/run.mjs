/**
 * Times @ae/lmdb-datum beside its Python peers, in turns, each run in a process of its own.
 *
 *     AE_PYTHON=python3 node bench/lmdb/run.mjs --photos DIR [--runs 7] [--out FILE] [--only raw,encoded,import,memory]
 *
 * DIR holds train/ and train.txt, a list as convert_imageset takes it. Results are compared bit by bit before anything is timed.
 * Prints the medians, and writes everything as JSON.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openDatumLmdb } from '@ae/lmdb-datum';
import { makeEncoded, makeRaw } from './make-data.mjs';

const { values } = parseArgs({
  options: {
    photos: { type: 'string' },
    runs: { type: 'string', default: '7' },
    out: { type: 'string' },
    only: { type: 'string' },
    data: { type: 'string', default: path.join(os.tmpdir(), 'ae-bench-lmdb') },
  },
});
const here = path.dirname(fileURLToPath(import.meta.url));
const python = process.env.AE_PYTHON ?? 'python3';
const cores = os.availableParallelism();
const data = (name) => path.join(values.data, name);
const hasTaskset = spawnSync('taskset', ['--version']).status === 0;

// With this setting of some networks, Node 20 reads hundreds of certificates at its start, whether they are used or not.
const { NODE_EXTRA_CA_CERTS, ...env } = process.env;

/** Runs a program to its end and parses its last line, with what the whole process took. */
function run(program, args, oneCore = false) {
  const pinned = oneCore && hasTaskset ? ['taskset', '-c', '0'] : [];
  const all = ['-B', 'timed.py', ...pinned, program, ...args];
  const { status, stdout, stderr } = spawnSync(python, all.map(String), {
    encoding: 'utf8',
    cwd: here,
    env,
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(`${program} ${args[0]}: ${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}
const ours = (name, options, oneCore) => run(process.execPath, ['ours.mjs', name, JSON.stringify(options)], oneCore);
const peer = (script, args, oneCore) => run(python, ['-B', script, ...args], oneCore);

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

/** Runs both sides in turns. `check` gives what must be equal on both. */
function compare(name, sides, check) {
  const checks = check?.map((side) => side());
  if (checks && JSON.stringify(checks[0]) !== JSON.stringify(checks[1])) {
    throw new Error(`${name}: ours and the peer's results differ: ${JSON.stringify(checks)}`);
  }
  const results = Object.fromEntries(Object.keys(sides).map((side) => [side, []]));
  for (let i = 0; i < Number(values.runs); i++) {
    for (const [side, work] of Object.entries(sides)) results[side].push(work());
  }
  const summary = Object.entries(results).map(([side, runs]) => {
    const perSecond = runs.map(({ records, seconds }) => records / seconds);
    const cpuMicros = runs.map(({ records, processCpuSeconds }) => (processCpuSeconds / records) * 1e6);
    return {
      side,
      recordsPerSecond: Math.round(median(perSecond)),
      range: [Math.min(...perSecond), Math.max(...perSecond)].map(Math.round),
      recordsPerSecondOfProcess: Math.round(
        median(runs.map(({ records, processSeconds }) => records / processSeconds)),
      ),
      // With the start of the program: busy neighbors change it least.
      cpuMicrosPerRecord: Number(median(cpuMicros).toFixed(1)),
    };
  });
  const peers = summary.filter(({ side }) => !side.startsWith('ours'));
  const best = (figure) => Math.max(...peers.map((peer) => peer[figure]));
  const ratios = summary
    .filter((mine) => !peers.includes(mine))
    .map((mine) => ({
      side: mine.side,
      recordsPerSecond: Number((mine.recordsPerSecond / best('recordsPerSecond')).toFixed(2)),
      // From the start of the program to its end.
      recordsPerSecondOfProcess: Number(
        (mine.recordsPerSecondOfProcess / best('recordsPerSecondOfProcess')).toFixed(2),
      ),
      processorTime: Number(
        (Math.min(...peers.map((peer) => peer.cpuMicrosPerRecord)) / mine.cpuMicrosPerRecord).toFixed(2),
      ),
    }));
  console.log(name, JSON.stringify({ ratios, summary }, null, 2));
  return { name, checked: check !== undefined, ratios, summary };
}

async function raw() {
  const database = data('raw-20000');
  await makeRaw(database, 20_000);
  const options = { database };
  const passes = 5;
  const check = [
    () => ours('raw', { ...options, check: true }).sha256,
    () => peer('peer_raw.py', [database, 'sequential', 1, '--check']).sha256,
  ];
  return ['sequential', 'random'].map((mode) =>
    compare(
      `raw 3x64x64 to float32 NHWC batches of 32, ${mode}, one core`,
      {
        ours: () => ours('raw', { ...options, passes, batch: mode === 'random' ? { shuffle: 1 } : {} }, true),
        'py-lmdb + upb + numpy': () => peer('peer_raw.py', [database, mode, passes], true),
      },
      check,
    ),
  );
}

async function encoded() {
  const cases = [
    { name: 'JPEG of 80 to 170 pixels, resized to 64x64', size: undefined, height: 64, how: 'resize', passes: 20 },
    { name: 'JPEG of 256x256, 224x224 cut out', size: 256, height: 224, how: 'crop', passes: 6 },
  ];
  const results = [];
  for (const { name, size, height, how, passes } of cases) {
    const database = data(`encoded-${size ?? 'own'}`);
    await makeEncoded(database, values.photos, size);
    const square = { height, width: height };
    const batch = {
      channels: 3,
      ...(how === 'resize' ? { resize: { ...square, resampler: 'bilinear' } } : { crop: square }),
    };
    const args = (mode, count = passes) => [database, height, height, how, mode, cores, count];
    results.push(
      compare(
        `encoded: ${name}, float32 NHWC batches of 32, all cores`,
        {
          ours: () => ours('encoded', { database, passes, batch: { ...batch, workers: cores } }),
          'py-lmdb + OpenCV, threads': () => peer('peer_encoded.py', args('threads')),
          'py-lmdb + OpenCV, processes': () => peer('peer_encoded.py', args('processes')),
        },
        [
          () => ours('encoded', { database, batch, check: true }).sha256,
          () => peer('peer_encoded.py', [...args('threads', 1), '--check']).sha256,
        ],
      ),
    );
  }
  return results;
}

/** What both imports must agree on: keys, labels and pixels. */
function contents(database) {
  const reader = openDatumLmdb(database);
  const all = [...reader].map(({ key, datum }) => [key, datum.label, Buffer.from(datum.data).toString('base64')]);
  reader.close();
  return all;
}

/** The command as one gives it, with Caffe's pixels. */
function aeImport(list, output, root) {
  fs.rmSync(output, { recursive: true, force: true });
  const cli = fileURLToPath(new URL('../../packages/cli/bin/ae.js', import.meta.url));
  const options = ['--root', root, '--resize', 64, '--resampler', 'bilinear', '--json'];
  const { records, elapsedMs, processSeconds, processCpuSeconds } = run(process.execPath, [
    ...[cli, 'import', list, output],
    ...options,
  ]);
  return { records, seconds: elapsedMs / 1000, processSeconds, processCpuSeconds };
}

function imports() {
  const photos = path.resolve(values.photos);
  const [mine, theirs] = [data('import-ours'), data('import-peer')];
  const lines = fs.readFileSync(path.join(photos, 'train.txt'), 'utf8').trim();
  return [1, 10].map((times) => {
    const list = data(`list-${times}.txt`);
    fs.mkdirSync(values.data, { recursive: true });
    fs.writeFileSync(list, `${Array(times).fill(lines).join('\n')}\n`);
    const library = () => ours('import', { photos, list, output: mine });
    const command = () => aeImport(list, mine, `${photos}/train`);
    const script = (threads) => () => peer('peer_import.py', [photos, list, theirs, 64, 64, threads]);
    const check = [() => command() && contents(mine), () => script(1)() && contents(theirs)];
    return compare(
      `import of ${lines.split('\n').length * times} JPEG photographs at 64x64, all cores`,
      {
        'ours, ae import': command,
        'ours, library': library,
        'OpenCV script': script(1),
        'OpenCV script, threads': script(cores),
      },
      times === 1 ? check : undefined,
    );
  });
}

/** Peak memory over ten times the records. */
async function memory() {
  const results = [];
  for (const count of [5_000, 50_000]) {
    const database = data(`raw-${count}`);
    await makeRaw(database, count);
    for (const batch of [{}, { shuffle: 1 }]) {
      const { maxRssMiB } = ours('memory', { database, batch });
      results.push({ records: count, shuffle: 'shuffle' in batch, maxRssMiB: Math.round(maxRssMiB) });
    }
  }
  console.log('peak memory', JSON.stringify(results));
  return [{ name: 'peak memory', results }];
}

const work = { raw, encoded, import: imports, memory };
const chosen = values.only ? values.only.split(',') : values.photos ? Object.keys(work) : ['raw', 'memory'];
if (!values.photos) console.warn('SKIPPED: encoded and import: give --photos DIR with train/ and train.txt');
const machine = {
  cpu: os.cpus()[0]?.model,
  cores,
  node: process.version,
  load: os.loadavg(),
  date: new Date().toISOString(),
};
const {
  processSeconds: _,
  processCpuSeconds: __,
  ...versions
} = run(python, [
  '-c',
  'import json,cv2,lmdb,numpy,google.protobuf as p,sys;print(json.dumps({"python":sys.version.split()[0],"opencv":cv2.__version__,"py-lmdb":lmdb.__version__,"numpy":numpy.__version__,"protobuf":p.__version__}))',
]);
const results = [];
for (const name of chosen) results.push(...(await work[name]()));
if (values.out)
  fs.writeFileSync(
    values.out,
    `${JSON.stringify({ benchmark: 'lmdb', machine, versions, runs: Number(values.runs), results }, null, 2)}\n`,
  );
