/** Damages one file of a run that was stopped, and resumes: to the same bits as undisturbed, or one of our errors; nothing is deleted. */
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pick, randomOf } from '@ae/testing/random';
import { runAe } from '../ae.mjs';
import { makeDatabase, trainingArgs } from '../data.mjs';
import { digest, lost, snapshot, specialFiles } from '../files.mjs';

const train = trainingArgs(3);

const damages = {
  bit: (bytes, random) => {
    bytes[random(bytes.length)] ^= 1 << random(8);
    return bytes;
  },
  header: (bytes, random) => {
    for (let i = 0; i < 4; i++) bytes[random(Math.min(600, bytes.length))] = random(256);
    return bytes;
  },
  length: (bytes, random) => {
    // Where a safetensors file says how long its header is.
    bytes.set(Buffer.alloc(Math.min(8, bytes.length), pick([0, 1, 0x7f, 0xff], random)));
    return bytes;
  },
  cut: (bytes, random) => bytes.subarray(0, random(bytes.length)),
  grow: (bytes, random) => Buffer.concat([bytes, Buffer.alloc(1 + random(5000), random(256))]),
  empty: () => Buffer.alloc(0),
  digit: (bytes, random) => {
    const digits = [...bytes.keys()].filter((at) => bytes[at] >= 0x30 && bytes[at] <= 0x39);
    if (digits.length > 0) bytes[pick(digits, random)] = 0x30 + random(10);
    return bytes;
  },
};

export async function runs(folder) {
  await makeDatabase(path.join(folder, 'db'), 24);
  const whole = await runAe([...train, '--out', 'whole'], { cwd: folder });
  if (whole.code !== 0) throw new Error(`ae train: ${whole.stderr}`);
  const expected = weightsOf(path.join(folder, 'whole'));
  const stopped = await runAe([...train, '--out', 'stopped', '--json'], {
    cwd: folder,
    kill: { signal: 'SIGINT', when: /"event":"(pass|epoch)"/ },
  });
  if (stopped.code !== 130) throw new Error(`ae train, stopped: ${stopped.code} ${stopped.stderr}`);
  const files = readdirSync(path.join(folder, 'stopped'), { recursive: true, encoding: 'utf8' })
    .filter(
      (name) => !/^(samples|tensorboard|model)/.test(name) && statSync(path.join(folder, 'stopped', name)).isFile(),
    )
    .sort();
  return { run: (seed) => damageOne({ folder, files, expected }, seed) };
}

const weightsOf = (run) => digest(readFileSync(path.join(run, 'model/weights.bin')));

async function damageOne({ folder, files, expected }, seed) {
  const random = randomOf(seed);
  const run = path.join(folder, 'stopped');
  const name = pick(files, random);
  const kinds = [...Object.keys(damages), ...Object.keys(specialFiles)];
  const kind = pick(kinds, random);
  const what = `${kind} in ${name}`;
  // The lock and the records of the run lead to its own name.
  const kept = `${run}.kept`;
  cpSync(run, kept, { recursive: true });
  try {
    const file = path.join(run, name);
    if (damages[kind]) writeFileSync(file, damages[kind](readFileSync(file), random));
    else {
      rmSync(file);
      specialFiles[kind](file);
    }
    const before = checkpointsOf(run);
    const { code, fault } = await runAe(['train', '--resume', 'stopped'], { cwd: folder });
    if (fault) return { what, fault };
    if (code !== 0) {
      const gone = lost(before, checkpointsOf(run));
      return { what, outcome: 'refused', fault: gone.length > 0 ? `refused, and lost ${gone}` : undefined };
    }
    const same = weightsOf(run) === expected;
    // Numbers of config.json are the user's own: another number is another run.
    if (same || name === 'config.json') return { what, outcome: same ? 'same' : 'another' };
    return { what, fault: 'resumed to other weights without a word' };
  } finally {
    rmSync(run, { recursive: true, force: true });
    cpSync(kept, run, { recursive: true });
    rmSync(kept, { recursive: true, force: true });
  }
}

function checkpointsOf(run) {
  return new Map([...snapshot(path.join(run, 'checkpoints'))].filter(([name]) => name.endsWith('.safetensors')));
}
