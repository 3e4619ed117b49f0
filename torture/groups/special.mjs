/** Puts pipes, devices, endless links and folders where commands take a path: they say so and end. */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Autoencoder } from '@ae/autoencoder';
import { runAe } from '../ae.mjs';
import { makeDatabase, makeImages } from '../data.mjs';
import { specialFiles } from '../files.mjs';

/** Where the special file lies, and what meets it. */
const places = [
  ['x', ['inspect', 'x']],
  ['x', ['verify', 'x']],
  ['x', ['mean', 'x', 'out']],
  ['x', ['mean', 'db', 'x']],
  ['x', ['export', 'x', 'out']],
  ['x', ['export', 'db', 'x']],
  ['x', ['resize', 'x', 'out', '8']],
  ['x', ['resize', 'db', 'x', '8']],
  ['x', ['import', 'x', 'out']],
  ['x', ['import', 'images', 'x']],
  ['images/x.png', ['import', 'images', 'out']],
  ['list/x.txt', ['import', 'list/x.txt', 'out']],
  ['x', ['train', 'x']],
  ['x', ['train', 'db', '--val', 'x', '--epochs', '1']],
  ['x', ['train', 'db', '--out', 'x', '--epochs', '1']],
  ['x', ['train', '--resume', 'x']],
  ['x', ['test', 'x', 'db']],
  ['x', ['test', 'model', 'x']],
  ['x', ['report', 'x']],
  ['x', ['encode', 'model', 'x', 'out']],
  ['x', ['sample', 'model', 'x']],
  ['holder/data.mdb', ['inspect', 'holder']],
  ['holder/data.mdb', ['verify', 'holder']],
  ['holder/data.mdb', ['train', 'holder']],
  ['model/model.json', ['test', 'model', 'db']],
  ['model/weights.bin', ['test', 'model', 'db']],
  ['holder/config.json', ['train', '--resume', 'holder']],
  ['holder/config.json', ['report', 'holder']],
];

export async function special(folder) {
  const sound = path.join(folder, 'sound');
  mkdirSync(sound);
  await makeDatabase(path.join(sound, 'db'), 4);
  await makeImages(path.join(sound, 'images'), 3);
  mkdirSync(path.join(sound, 'list'));
  mkdirSync(path.join(sound, 'holder'));
  const network = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 4, variational: true });
  await network.initialize({ seed: 1 });
  await network.save(path.join(sound, 'model'));
  network.dispose();
  const cases = Object.keys(specialFiles).flatMap((kind) => places.map(([place, args]) => ({ kind, place, args })));
  return { run: (seed) => tryOne(folder, sound, cases[seed % cases.length], seed) };
}

async function tryOne(folder, sound, { kind, place, args }, seed) {
  const cwd = path.join(folder, `case-${seed}`);
  cpSync(sound, cwd, { recursive: true });
  try {
    rmSync(path.join(cwd, place), { recursive: true, force: true });
    specialFiles[kind](path.join(cwd, place));
    const { code, fault } = await runAe(args, { cwd });
    return { what: `${kind} as ${place}: ae ${args.join(' ')}`, outcome: code === 0 ? 'passed' : 'refused', fault };
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}
