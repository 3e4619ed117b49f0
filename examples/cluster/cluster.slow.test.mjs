/** Runs the commands of the README as they stand, through stand-ins for kubectl, sbatch and srun that set the variables that the real ones set. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Autoencoder } from '@ae/autoencoder';
import sharp from 'sharp';

const here = fileURLToPath(new URL('.', import.meta.url));
const ae = createRequire(import.meta.url).resolve('@ae/cli/bin/ae.js');
const folder = mkdtempSync(path.join(tmpdir(), 'ae-cluster-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const programs = path.join(folder, 'bin');
const readme = readFileSync(path.join(here, 'README.md'), 'utf8');
const skip = process.platform === 'win32';

/** Pictures, a network, and what one process makes of them. */
before(async () => {
  mkdirSync(programs);
  writeFileSync(path.join(programs, 'ae'), `#!/bin/sh\nexec "${process.execPath}" "${ae}" "$@"\n`, { mode: 0o755 });
  mkdirSync(path.join(folder, 'data/photos/noise'), { recursive: true });
  for (let i = 0; i < 150; i++) {
    const noise = { type: 'gaussian', mean: 90 + (i % 8) * 10, sigma: 30 };
    const file = path.join(folder, `data/photos/noise/${i}.jpg`);
    await sharp({ create: { width: 80, height: 70, channels: 3, noise } })
      .jpeg()
      .toFile(file);
  }
  writeFileSync(path.join(folder, 'data/photos/noise/broken.jpg'), 'no image');
  const network = new Autoencoder({ codeSize: 8 });
  await network.initialize({ seed: 1 });
  await network.save(path.join(folder, 'data/network'));
  run('ae import data/photos one.lmdb --resize 64 --shuffle && ae encode data/network one.lmdb one-codes', folder);
});

function run(commands, cwd) {
  const PATH = [programs, path.join(here, 'stand-ins'), path.dirname(process.execPath), process.env.PATH].join(
    path.delimiter,
  );
  const { JOB_COMPLETION_INDEX, SLURM_ARRAY_TASK_ID, AE_SHARDS, ...env } = process.env;
  const { status, stderr } = spawnSync('bash', ['-euc', commands], { cwd, env: { ...env, PATH }, encoding: 'utf8' });
  assert.equal(status, 0, `${commands}: ${stderr}`);
}

/** Expects what one process made. */
function expectMerged(place) {
  for (const [merged, whole] of [
    ['train.lmdb', 'one.lmdb'],
    ['codes', 'one-codes'],
  ]) {
    const names = readdirSync(path.join(folder, whole)).sort();
    assert.deepEqual(readdirSync(path.join(place, merged)).sort(), names);
    for (const name of names) {
      const [is, expected] = [path.join(place, merged, name), path.join(folder, whole, name)].map((file) =>
        readFileSync(file),
      );
      assert.ok(is.equals(expected), `${merged}/${name}`);
    }
    assert.ok(existsSync(path.join(place, `${merged}.shard-3-of-4`)));
  }
}

const commandsOf = (heading) =>
  new RegExp(`## ${heading}\n[^\`]*(?:\`[^\`]+\`[^\`]*)*?\`\`\`\n([^\`]+)\`\`\``).exec(readme)[1];

test('the commands for Kubernetes make what one process makes', { skip }, () => {
  const place = path.join(folder, 'kubernetes');
  mkdirSync(place);
  cpSync(path.join(folder, 'data'), path.join(place, 'data'), { recursive: true });
  cpSync(path.join(here, 'kubernetes'), path.join(place, 'kubernetes'), { recursive: true });
  run(commandsOf('Kubernetes'), place);
  expectMerged(path.join(place, 'data'));
});

test('the commands for Slurm make what one process makes', { skip }, () => {
  const place = path.join(folder, 'slurm');
  cpSync(path.join(folder, 'data'), place, { recursive: true });
  cpSync(path.join(here, 'slurm'), path.join(place, 'slurm'), { recursive: true });
  run(commandsOf('Slurm'), place);
  expectMerged(place);
});
