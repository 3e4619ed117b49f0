/**
 * The whole path, from pictures to reconstructions, with the commands you would type for pictures of your own:
 *
 *     npm run quickstart
 *     npm run quickstart -- --images <folder> --minutes 10
 *     npm run quickstart -- --open                            # opens the report in the end
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compareNetworks } from './compare-networks.mjs';
import { fetchEmoji } from './fetch-emoji.mjs';
import { importOptions, splitImages } from './split-images.mjs';

const program = createRequire(import.meta.url).resolve('@ae/cli/bin/ae.js');
const here = path.relative('', path.dirname(fileURLToPath(import.meta.url)));
const data = path.join(here, 'data');
const out = path.join(here, 'out');

/** The blog post's network, and the one to take where results count. */
const presets = ['mirror', 'transform'];

/** Runs an `ae` command in this terminal, and ends with it when it fails or is interrupted. */
function ae(...args) {
  console.log(`\n$ ae ${args.join(' ')}`);
  // Ctrl-C is the command's, which leaves things in order.
  const leaveIt = () => {};
  process.on('SIGINT', leaveIt);
  const { status, error } = spawnSync(process.execPath, [program, ...args], { stdio: 'inherit' });
  process.off('SIGINT', leaveIt);
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

async function quickstart({ images, minutes, open }) {
  // What an earlier quickstart left; everything in these two folders is its own.
  for (const folder of [data, out]) rmSync(folder, { recursive: true, force: true });

  // 1. Two lists of pictures. A tenth is for validation: the network never trains on them.
  const source = images ?? fetchEmoji(path.join(here, 'images'));
  const counts = splitImages(source, data);
  console.log(
    `${source}: ${counts.train} pictures to train on, ${counts.val} to validate with, ${counts.left} left out`,
  );

  // 2. The pictures of each list into an LMDB of Caffe Datums.
  const [train, val] = ['train', 'val'].map((side) => {
    const lmdb = path.join(data, `${side}.lmdb`);
    ae('import', path.join(data, `${side}.txt`), lmdb, '--root', source, ...importOptions);
    return lmdb;
  });

  // 3. Train both networks, each for as many epochs as fit into the time.
  const run = (preset) => path.join(out, preset);
  for (const preset of presets) {
    ae(
      'train',
      train,
      '--val',
      val,
      '--preset',
      preset,
      '--minutes',
      minutes,
      '--no-report',
      '--no-pca',
      '--out',
      run(preset),
    );
  }

  // 4. Score the better one beside PCA, JPEG and thumbnails, with a report.
  const results = path.join(out, 'reconstructions');
  ae('test', run('transform'), val, '--batch-size', '32', '--save-prefix', results);

  // 5. Show both beside PCA.
  const models = Object.fromEntries(presets.map((preset) => [preset, path.join(run(preset), 'model')]));
  const picture = path.join(out, 'networks.png');
  console.log('\nBoth networks, and PCA of as many numbers, from top to bottom of the picture:');
  for (const [name, bytes, psnr] of await compareNetworks(models, { train, val, picture })) {
    console.log(`  ${name.padEnd(20)} ${bytes.padEnd(42)} ${psnr}`);
  }
  if (process.stdout.isTTY) ae('show', '--quiet', picture);

  console.log('\nDone. Open these:');
  console.log(`  ${picture}     pictures no network has seen, and what each made of them`);
  console.log(`  ${path.join(results, 'scores.json')}  the numbers`);
  console.log(`  ${path.join(results, 'report.html')}  all of it on one page`);
  console.log(
    `\nThe networks are in ${presets.map((preset) => models[preset]).join(' and ')}. With pictures of your own:`,
  );
  console.log('  npm run quickstart -- --images <folder>');
  if (open) ae('show', '--open', path.join(results, 'report.html'));
}

/** Reads the options; folders are relative to where npm was called. */
function readOptions() {
  const { values } = parseArgs({
    options: {
      images: { type: 'string' },
      minutes: { type: 'string', default: '1.3' },
      open: { type: 'boolean', default: false },
    },
  });
  if (!(Number(values.minutes) > 0))
    throw new Error(`--minutes: expected a number above 0, received "${values.minutes}".`);
  const images = values.images && path.relative('', path.resolve(process.env.INIT_CWD ?? '', values.images));
  return { ...values, images };
}

try {
  await quickstart(readOptions());
} catch (error) {
  console.error(`quickstart: ${error.message}`);
  process.exitCode = 1;
}
