import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const fixtures = '../../packages/lmdb-datum/test/fixtures';

function run(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [here('reader-alone.mjs'), ...args], {
    encoding: 'utf8',
  });
  return { status, lines: stdout.trim().split('\n'), stderr };
}

test('tells of a database that py-lmdb wrote what py-lmdb says of it', () => {
  const { records, stat } = JSON.parse(readFileSync(here(`${fixtures}/overflow.json`), 'utf8'));
  const { status, lines } = run(here(`${fixtures}/overflow.mdb`));
  assert.equal(status, 0);
  assert.match(lines[0], new RegExp(`: ${stat.entries} records, LMDB format 1, ${stat.depth} levels`));
  const keys = [records[0], records.at(-1)].map(({ key }) => Buffer.from(key, 'base64').toString());
  assert.equal(lines[1], `keys ${keys[0]} to ${keys[1]}`);
  const labels = new Set(records.map(({ label }) => label));
  const sizes = [...labels].map((label) => records.filter((record) => record.label === label).length);
  assert.equal(lines[2], `${labels.size} classes of ${Math.min(...sizes)} to ${Math.max(...sizes)} records`);
  assert.match(lines[3], /^mean color: red 1\d\d\.\d, green 1\d\d\.\d, blue 1\d\d\.\d$/);
});

test('says what is wrong in one line', () => {
  const { status, stderr } = run('nowhere.mdb');
  assert.equal(status, 1);
  assert.match(stderr, /^reader-alone: \[lmdb-datum\] nowhere\.mdb cannot be read \(ENOENT.*\); check the path\.\n$/);
  assert.match(run().stderr, /expected the path of an LMDB/);
});
