/** What the server gives out. The page itself is tried in a browser by lmdb-page.slow.test.mjs. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { serve, start } from './start-server.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'ae-lmdb-page-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('says what it lacks, and serves nothing else', { timeout: 30_000 }, async () => {
  const missing = spawn(process.execPath, [serve, path.join(folder, 'none')], { stdio: ['ignore', 'ignore', 'pipe'] });
  const [message] = await once(missing.stderr.setEncoding('utf8'), 'data');
  assert.match(
    message,
    /^serve: there is no database at .*; name the folder that contains data\.mdb, or the file itself\.\n$/,
  );
  const { server, address } = await start();
  try {
    for (const name of [
      'data.mdb',
      'page/../serve.mjs',
      'page/..%2fserve.mjs',
      'reader/../../package.json',
      'package.json',
    ])
      assert.equal((await fetch(new URL(name, address))).status, 404, name);
  } finally {
    server.kill();
  }
});
