/** What the server gives out. The page itself is tried in a browser by browser.slow.test.mjs. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { serve, start } from './start-server.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'ae-browser-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('serves nothing else, and says what it lacks', { timeout: 30_000 }, async () => {
  const missing = spawn(process.execPath, [serve, folder], { stdio: ['ignore', 'ignore', 'pipe'] });
  const [message] = await once(missing.stderr.setEncoding('utf8'), 'data');
  assert.match(
    message,
    /^serve: .* is not the folder of a saved network; name one that contains model\.json, or leave it out\./,
  );

  writeFileSync(path.join(folder, 'model.json'), '{}');
  const { server, address } = await start(folder);
  try {
    for (const name of ['page/../../serve.mjs', 'page/%2e%2e/serve.mjs', 'page/..%2fserve.mjs', 'package.json', 'page'])
      assert.equal((await fetch(new URL(name, address))).status, 404, name);
    assert.equal((await fetch(new URL('network/model.json', address))).status, 200);
  } finally {
    server.kill();
  }
});
