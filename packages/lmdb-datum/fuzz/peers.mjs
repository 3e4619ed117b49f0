/** Reads the damaged files by the native libraries, one process a file, for comparison. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadCases } from './cases.mjs';
import { mutate } from './mutate.mjs';

/** Prints `key sha256(value)` a line; anything but exit code 0 counts as an error, a signal as a death. */
const NODE_SCRIPT = `
const { open } = require(process.argv[1]);
const { createHash } = require('node:crypto');
const db = open({ path: process.argv[2], noSubdir: false, encoding: 'binary', keyEncoding: 'binary', readOnly: true });
for (const { key, value } of db.getRange()) {
  console.log(Buffer.from(key).toString('base64'), createHash('sha256').update(value).digest('hex'));
}
`;
const PYTHON_SCRIPT = `
import base64, hashlib, sys, lmdb
with lmdb.open(sys.argv[1], readonly=True, lock=False) as env, env.begin() as txn:
    for key, value in txn.cursor():
        print(base64.b64encode(key).decode(), hashlib.sha256(value).hexdigest())
`;

export async function runPeers({ count, seed }) {
  const lmdb = createRequire(import.meta.url).resolve('lmdb');
  const python = process.env.AE_PYTHON ?? 'python3';
  const peers = { 'lmdb@2.6.8-v1': (folder) => [process.execPath, ['-e', NODE_SCRIPT, lmdb, folder]] };
  if (spawnSync(python, ['-c', 'import lmdb']).status === 0) {
    peers['py-lmdb'] = (folder) => [python, ['-c', PYTHON_SCRIPT, folder]];
  } else {
    console.warn(`SKIPPED: py-lmdb: ${python} can't import lmdb (set AE_PYTHON)`);
  }
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'lmdb-datum-peers-'));
  const read = (command, bytes) => {
    const folder = path.join(scratch, createHash('sha256').update(bytes).digest('hex').slice(0, 16));
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, 'data.mdb'), bytes);
    const [program, args] = command(folder);
    const result = spawnSync(program, args, { encoding: 'utf8', timeout: 20_000, killSignal: 'SIGKILL' });
    fs.rmSync(folder, { recursive: true, force: true });
    return result;
  };
  const cases = loadCases();
  const results = {};
  for (const [name, command] of Object.entries(peers)) {
    const outcomes = { error: 0, same: 0, wrong: 0, death: 0, hang: 0 };
    const right = new Map(cases.map(({ name: database, bytes }) => [database, read(command, bytes).stdout]));
    let files = 0;
    for (let i = 0; i < count; i++) {
      const { name: database, bytes } = cases[i % cases.length];
      if (database === 'v2') continue;
      files++;
      const { status, signal, error, stdout } = read(command, mutate(bytes, seed * 1_000_003 + i).bytes);
      if (error?.code === 'ETIMEDOUT') outcomes.hang++;
      else if (signal || status >= 128) outcomes.death++;
      else if (status !== 0) outcomes.error++;
      else outcomes[stdout === right.get(database) ? 'same' : 'wrong']++;
    }
    results[name] = { files, outcomes };
  }
  fs.rmSync(scratch, { recursive: true, force: true });
  return results;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await runPeers({ count: 40, seed: 1 }));
