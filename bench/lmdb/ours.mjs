/**
 * Our side of a benchmark, in a process of its own: `node ours.mjs CASE '{"options":...}'`. Prints JSON like the peers do.
 * Cases: raw, encoded, import, memory; with "check": true the sha256 of all batches instead of times.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { convertImageset, openDatumLmdb } from '@ae/lmdb-datum';

const [name, text] = process.argv.slice(2);
const { database, photos, list, output, check = false, passes = 1, batch = {} } = JSON.parse(text);

/** Runs the work and says how many records it took how long. */
async function timed(work) {
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  const records = await work();
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { records, seconds, cpuSeconds: (user + system) / 1e6, maxRssMiB: peakMemoryMiB() };
}

/** What the system counts as maxRSS begins, on Linux, with that of the process that started this one. */
function peakMemoryMiB() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1024;
  return Number(/VmHWM:\s*(\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
}

async function readBatches() {
  const reader = openDatumLmdb(database);
  const digest = createHash('sha256');
  let records = 0;
  for await (const { data, size } of reader.batches({
    batchSize: 32,
    reuse: true,
    prefetch: 0,
    scale: 1 / 256,
    epochs: passes,
    ...batch,
  })) {
    records += size;
    if (check) digest.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  reader.close();
  if (check) console.log(JSON.stringify({ sha256: digest.digest('hex') }));
  return records;
}

async function importPhotos() {
  const { records } = await convertImageset({
    input: `${photos}/train/`,
    list,
    output,
    resizeHeight: 64,
    resizeWidth: 64,
    resampler: 'bilinear',
  });
  return records;
}

// The peer's clock, too, starts when its old output is gone.
if (name === 'import') fs.rmSync(output, { recursive: true, force: true });
const result = await timed(name === 'import' ? importPhotos : readBatches);
if (!check) console.log(JSON.stringify(result));
