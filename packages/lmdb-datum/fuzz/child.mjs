/**
 * Reads damaged files in every way the package has, and prints a JSON line for each. Run by run.mjs: if this process dies or hangs,
 * that shows there.
 *
 *     node child.mjs FOLDER FIRST LAST SEED
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { LmdbDatumError, openDatumLmdb, verify } from '../dist/index.js';
import { loadCases } from './cases.mjs';
import { mutate } from './mutate.mjs';

const [folder, first, last, seed] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const cases = loadCases();
const file = path.join(folder, `${process.pid}.mdb`);

const summary = (datum) => {
  const { channels, height, width, label = null, encoded, data, floatData } = datum;
  const floats = floatData ? [...floatData].join() : '';
  return [channels, height, width, label, encoded, createHash('sha256').update(data).digest('hex'), floats].join(':');
};

/** Opens the file for a function, and closes it. */
async function withReader(options, use) {
  const reader = openDatumLmdb(file, options);
  try {
    return await use(reader);
  } finally {
    reader.close();
  }
}

/** Reads all records, strictly. Returns how they compare with what is right. */
function readStrictly(reader, expected) {
  const found = new Map();
  for (const { keyBytes, datum } of reader.entries())
    found.set(Buffer.from(keyBytes).toString('base64'), summary(datum));
  let same = found.size === expected.size;
  for (const [key, value] of expected) same &&= found.get(key) === value;
  for (let i = 0; i < reader.length; i++) {
    const datum = reader.datumAt(i);
    reader.get(reader.keyAt(i));
    same &&= [...found.values()][i] === summary(datum);
  }
  for (const _ of reader.keys({ reverse: true }));
  return same ? 'same' : 'wrong';
}

async function readInBatches(reader) {
  for await (const _ of reader.batches({ batchSize: 4, shuffle: 1, resize: { height: 4, width: 4 }, channels: 3 }));
}

/** Reads what is left. Returns whether verify finds the file sound. */
async function readLeniently(reader) {
  for (const _ of reader.entries());
  for (const key of reader.keys()) reader.keyAt(0) && reader.getBytes(key);
  const report = await verify(file);
  return report.ok;
}

/** Runs a step. Errors of ours are fine, others are bugs. */
async function attempt(step) {
  try {
    return { value: await step() };
  } catch (error) {
    if (error instanceof LmdbDatumError) return { error: error.code };
    return { bug: error?.stack ?? String(error) };
  }
}

for (let i = first; i < last; i++) {
  const { name: database, bytes: original, expected } = cases[i % cases.length];
  const { name: mutation, bytes } = mutate(original, seed * 1_000_003 + i);
  fs.writeFileSync(file, bytes);
  const startedMs = performance.now();
  const strict = await attempt(() => withReader({}, (reader) => readStrictly(reader, expected)));
  const batches = await attempt(() => withReader({}, readInBatches));
  const lenient = await attempt(() => withReader({ lenient: true }, readLeniently));
  const bug = strict.bug ?? batches.bug ?? lenient.bug;
  const elapsedMs = Math.round(performance.now() - startedMs);
  const rssMiB = Math.round(process.memoryUsage.rss() / 2 ** 20);
  const outcome = bug ? 'bug' : (strict.value ?? 'error');
  console.log(
    JSON.stringify({ i, database, mutation, outcome, verified: lenient.value === true, elapsedMs, rssMiB, bug }),
  );
}
fs.rmSync(file, { force: true });
