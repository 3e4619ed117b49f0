/**
 * Reads damaged JPEG records through the built package, in child processes.
 *
 *     npm run fuzz:jpegs -- [--count 20000] [--seed 1]
 *
 * Each child makes a database of 500 damaged files and reads it three ways: batches, resized batches, and single records. Prints a JSON
 * summary and exits with 1 if a child died, hung, took too much memory, threw something else than our errors, or lost count.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mutateJpeg } from '../../images/test/mutate-jpeg.mjs';

const CHUNK = 500;
const HANG_MS = 60_000;
const MOST_RSS_MIB = 768;
const self = fileURLToPath(import.meta.url);

async function readChunk(first, count) {
  const { caffeKey, DatumWriter, LmdbDatumError, openDatumLmdb } = await import('../dist/index.js');
  const { jpegs } = JSON.parse(
    fs.readFileSync(new URL('../../images/test/fixtures/jpegs.json', import.meta.url), 'utf8'),
  );
  const files = Object.values(jpegs).map(({ file }) => Buffer.from(file, 'base64'));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ae-fuzz-jpegs-'));
  try {
    const writer = await DatumWriter.open(path.join(folder, 'db'));
    // The first one is sound: it says how large records are.
    for (let i = 0; i < count; i++) {
      const data = i === 0 ? files[0] : mutateJpeg(files[(first + i) % files.length], first + i);
      await writer.put(caffeKey(i, 'x'), { data: data.length > 0 ? data : Buffer.from([0]), encoded: true, label: i });
    }
    await writer.close();
    const outcome = { read: 0, lost: 0 };
    for (const options of [
      { resize: { height: 16, width: 16, resampler: 'bilinear' } },
      { resize: { height: 9, width: 20, fit: 'fill' }, dtype: 'uint8', layout: 'NCHW' },
    ]) {
      const reader = openDatumLmdb(path.join(folder, 'db'), { lenient: true });
      let read = 0;
      for await (const { size, labels } of reader.batches({ batchSize: 32, channels: 3, ...options })) {
        if (labels.length !== size) throw new Error('labels are missing');
        read += size;
      }
      if (read + reader.damage.length !== count)
        throw new Error(`${read} read and ${reader.damage.length} damaged of ${count}`);
      outcome.read += read;
      outcome.lost += reader.damage.length;
      reader.close();
    }
    const reader = openDatumLmdb(path.join(folder, 'db'));
    for (let i = 0; i < count; i++) {
      try {
        const { channels, height, width, data } = await reader.at(i);
        if (data.length !== channels * height * width) throw new Error('pixels are missing');
      } catch (error) {
        if (!(error instanceof LmdbDatumError)) throw error;
      }
    }
    reader.close();
    console.log(JSON.stringify({ ...outcome, rssMiB: Math.round(process.resourceUsage().maxRSS / 1024) }));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function main() {
  const { values } = parseArgs({ options: { count: { type: 'string' }, seed: { type: 'string' } } });
  const { count, seed } = { count: Number(values.count ?? 20_000), seed: Number(values.seed ?? 1) };
  const total = { read: 0, lost: 0, mostRssMiB: 0, failures: [] };
  for (let done = 0; done < count; done += CHUNK) {
    const args = [self, 'child', seed * 1_000_003 + done, Math.min(CHUNK, count - done)].map(String);
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      timeout: HANG_MS,
    });
    if (status !== 0) {
      total.failures.push({ args: args.slice(2), status, signal, stderr: stderr.slice(-2000) });
      continue;
    }
    const { read, lost, rssMiB } = JSON.parse(stdout.trim().split('\n').at(-1));
    total.read += read;
    total.lost += lost;
    total.mostRssMiB = Math.max(total.mostRssMiB, rssMiB);
  }
  const ok = total.failures.length === 0 && total.mostRssMiB < MOST_RSS_MIB;
  console.log(JSON.stringify({ ok, files: count, ...total }, null, 2));
  process.exitCode = ok ? 0 : 1;
}

if (process.argv[2] === 'child') await readChunk(Number(process.argv[3]), Number(process.argv[4]));
else main();
