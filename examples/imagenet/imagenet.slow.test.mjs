/** Runs the commands of the README on a few pictures in ImageNet's layout. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';

const ae = createRequire(import.meta.url).resolve('@ae/cli/bin/ae.js');
const folder = mkdtempSync(path.join(tmpdir(), 'ae-imagenet-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Pictures of many sizes, and their list with labels. */
async function makePictures(set, count, nameOf) {
  const lines = [];
  for (let i = 0; i < count; i++) {
    const name = nameOf(i);
    const file = path.join(folder, 'ilsvrc12', set, name);
    mkdirSync(path.dirname(file), { recursive: true });
    const noise = { type: 'gaussian', mean: 90 + 10 * (i % 8), sigma: 30 };
    await sharp({ create: { width: 120 + 7 * (i % 5), height: 100, channels: 3, noise } })
      .jpeg()
      .toFile(file);
    lines.push(`${name} ${i % 3}\n`);
  }
  writeFileSync(path.join(folder, 'ilsvrc12', `${set}.txt`), lines.join(''));
}

function run(command) {
  const [name, ...args] = command.split(' ');
  assert.equal(name, 'ae');
  const { status, stdout, stderr } = spawnSync(process.execPath, [ae, ...args], { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, `${command}: ${stderr}`);
  return stdout;
}

test('the commands of the README work one after the other', { timeout: 120_000 }, async () => {
  await makePictures('train', 24, (i) => `n0${1440764 + (i % 3)}/n0_${i}.JPEG`);
  await makePictures('val', 6, (i) => `ILSVRC2012_val_0000000${i + 1}.JPEG`);
  const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
  const commands = /```\n(ae [^`]+)\n```/.exec(readme)[1].split('\n');
  assert.equal(commands.length, 5);
  const [train, val, , , scores] = commands.map(run);
  assert.match(train, /24 images of 3x64x64/);
  assert.match(val, /6 images of 3x64x64/);
  assert.match(scores, /dB/);
  for (const [, command] of readme.matchAll(/`ae (train train\.lmdb --preset torch7[^`]*)`/g)) {
    run(`ae ${command} --epochs 1 --records 6 --iters 2 --no-report`);
  }
});
