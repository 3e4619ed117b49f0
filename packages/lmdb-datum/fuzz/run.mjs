/**
 * Damages four databases in many ways and reads them in child processes.
 *
 *     npm run fuzz -- [--count 1000] [--seed 1] [--peers]
 *
 * Prints a JSON summary and exits with 1 if a child died, hung, took too much memory, or threw something else than our errors.
 * --peers reads the same files by lmdb 2.6.8-v1 and, with AE_PYTHON or python3, by py-lmdb, each in a process of its own.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { runCases } from '@ae/testing/cases';
import { runPeers } from './peers.mjs';

const CHUNK = 50;
const HANG_MS = 20_000;
const MOST_RSS_MIB = 512;
const child = fileURLToPath(new URL('child.mjs', import.meta.url));

/** Runs mutations from `first` to before `last`. */
function runChunk(folder, first, last, seed, report) {
  const argsFrom = (next) => ['--max-old-space-size=256', child, folder, ...[next, last, seed].map(String)];
  return runCases(argsFrom, { first, last, hangMs: HANG_MS, report });
}

/**
 * @returns {Promise<object>} Counts by outcome: 'error' (one of ours), 'same' (the damage changed no record), 'wrong' (a record
 *   differs and no error said so), and 'bug', 'death', 'hang', of which there must be none.
 */
export async function fuzz({ count, seed, parallel = 1 }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lmdb-datum-fuzz-'));
  const outcomes = { error: 0, same: 0, wrong: 0, bug: 0, death: 0, hang: 0 };
  const failures = [];
  const wrong = {};
  let mostRssMiB = 0;
  let longestMs = 0;
  const report = (result) => {
    outcomes[result.outcome]++;
    if (result.bug) failures.push(result);
    if (result.outcome === 'wrong')
      wrong[`${result.database} ${result.mutation}`] = (wrong[`${result.database} ${result.mutation}`] ?? 0) + 1;
    mostRssMiB = Math.max(mostRssMiB, result.rssMiB ?? 0);
    longestMs = Math.max(longestMs, result.elapsedMs ?? 0);
  };
  try {
    let first = 0;
    const work = async () => {
      while (first < count) {
        const start = first;
        first += CHUNK;
        await runChunk(folder, start, Math.min(start + CHUNK, count), seed, report);
      }
    };
    await Promise.all(Array.from({ length: parallel }, work));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  const ok = failures.length === 0 && mostRssMiB <= MOST_RSS_MIB;
  return { ok, count, seed, outcomes, wrong, mostRssMiB, longestMs, failures };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      peers: { type: 'boolean', default: false },
    },
  });
  const options = { count: Number(values.count), seed: Number(values.seed) };
  const result = await fuzz({ ...options, parallel: os.availableParallelism() });
  const peers = values.peers ? await runPeers(options) : undefined;
  console.log(JSON.stringify({ ...result, peers }, null, 2));
  process.exitCode = result.ok ? 0 : 1;
}
