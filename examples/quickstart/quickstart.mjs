/**
 * Goes all the way from pictures to reconstructions, with the commands that you would type for your own pictures:
 *
 *     npm run quickstart
 *     npm run quickstart -- --images <folder> --minutes 10
 *     npm run quickstart -- --open                            # opens the report at the end
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
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

/** The blog post's network, and the one with the best results. */
const presets = ['mirror', 'transform'];

/** Runs an `ae` command in this terminal. If it fails or is interrupted, this process exits as well. */
function ae(...args) {
  console.log(`\n$ ae ${args.join(' ')}`);
  // The command handles Ctrl-C and cleans up.
  const ignore = () => {};
  process.on('SIGINT', ignore);
  const { status, error } = spawnSync(process.execPath, [program, ...args], { stdio: 'inherit' });
  process.off('SIGINT', ignore);
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

async function quickstart({ images, minutes, open }) {
  // Remove the results of an earlier run. Nothing else uses these two folders.
  for (const folder of [data, out]) rmSync(folder, { recursive: true, force: true });

  // 1. Split the pictures into two lists. A tenth is for validation; the networks never train on these.
  const source = images ?? fetchEmoji(path.join(here, 'images'));
  const counts = splitImages(source, data);
  console.log(
    `${source}: ${counts.train} pictures for training, ${counts.val} for validation, ${counts.left} left out`,
  );

  // 2. Import each list into an LMDB of Caffe Datums.
  const [train, val] = ['train', 'val'].map((side) => {
    const lmdb = path.join(data, `${side}.lmdb`);
    ae('import', path.join(data, `${side}.txt`), lmdb, '--root', source, ...importOptions);
    return lmdb;
  });

  // 3. Train both networks, each for as many epochs as fit into the given time.
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

  // 4. Compare the better one with PCA, JPEG and thumbnails, and write a report.
  const results = path.join(out, 'reconstructions');
  ae('test', run('transform'), val, '--batch-size', '32', '--save-prefix', results);

  // 5. Compare both networks with PCA in one picture.
  const models = Object.fromEntries(presets.map((preset) => [preset, path.join(run(preset), 'model')]));
  const picture = path.join(out, 'networks.png');
  // The same PCA as in step 4.
  const mirror = JSON.parse(readFileSync(path.join(results, 'scores.json'), 'utf8')).baselines?.pcaMirrored;
  console.log('\nThe rows of the picture, from top to bottom:');
  for (const [name, bytes, psnr] of await compareNetworks(models, { train, val, mirror, picture })) {
    console.log(`  ${name.padEnd(20)} ${bytes.padEnd(42)} ${psnr}`);
  }
  if (process.stdout.isTTY) ae('show', '--quiet', picture);

  console.log('\nDone. Open these:');
  for (const [file, words] of [
    [picture, 'validation pictures and their reconstructions'],
    [path.join(results, 'scores.json'), 'the scores'],
    [path.join(results, 'report.html'), 'the report'],
  ]) {
    console.log(`  ${file.padEnd(path.join(results, 'report.html').length)}  ${words}`);
  }
  console.log(
    `\nThe networks are in ${presets.map((preset) => models[preset]).join(' and ')}. With your own pictures:`,
  );
  console.log('  npm run quickstart -- --images <folder>');
  if (open) ae('show', '--open', path.join(results, 'report.html'));
}

/** Reads the options. Folders are relative to the folder in which npm was run. */
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
