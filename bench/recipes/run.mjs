/**
 * Says who wins: for codes of 64 to 1,536 numbers, PCA, the start of preset `transform` (the best linear code of blocks), and the network
 * after 15 epochs, by the mean PSNR of validation images that none of them has seen; and what the start and the training took.
 *
 *     npm run bench -- recipes <photos>                    # or AE_PHOTOS=<photos>
 *     npm run bench -- recipes <photos> --emoji examples/quickstart/data
 *         [--sizes 64,256,1536] [--epochs 15] [--threads 2] [--seed 1] [--out FILE]
 *
 * A folder holds train.lmdb and val.lmdb, as the quickstart leaves them; or train.txt and val.txt, lists as convert_imageset takes them, of
 * images in train/ and val/, which are imported at 64x64. PCA is fitted on all training images and their mirror images.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Autoencoder, useBackend } from '@ae/autoencoder';
import { fitPca, scorePca } from '@ae/autoencoder/baselines';
import { convertImageset, openDatumLmdb } from '@ae/lmdb-datum';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sizes: { type: 'string', default: '64,128,256,512,768,1024,1536' },
    epochs: { type: 'string', default: '15' },
    threads: { type: 'string', default: String(os.availableParallelism()) },
    seed: { type: 'string', default: '1' },
    emoji: { type: 'string' },
    out: { type: 'string' },
  },
});

function numberOf(name, text) {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error(`--${name}: expected whole numbers above 0, received "${text}".`);
}

/** Returns the databases of a folder; what has to be imported goes to `scratch`. */
async function openFolder(folder, scratch) {
  const sides = {};
  for (const side of ['train', 'val']) {
    const [lmdb, list] = [path.join(folder, `${side}.lmdb`), path.join(folder, `${side}.txt`)];
    if (!fs.existsSync(lmdb) && !fs.existsSync(list)) {
      throw new Error(`${folder}: expected ${side}.lmdb, or ${side}.txt with images in ${side}/, received neither.`);
    }
    const output = fs.existsSync(lmdb) ? lmdb : path.join(scratch, `${side}.lmdb`);
    if (output !== lmdb) {
      await convertImageset({ input: path.join(folder, side), list, output, resizeHeight: 64, resizeWidth: 64 });
    }
    sides[side] = openDatumLmdb(output);
  }
  return sides;
}

/** Trains one network as a program would, and says how it did. */
async function train(codeSize, { train: samples, val: validation }, { seed, epochs }) {
  const { height, width, channels } = samples.at(0);
  const ae = new Autoencoder({ preset: 'transform', inputShape: [height, width, channels], codeSize });
  await ae.initialize({ seed });
  const begun = performance.now();
  await ae.computeStart(samples, { seed });
  const startSeconds = (performance.now() - begun) / 1000;
  const start = (await ae.evaluate(validation, { similarity: false })).psnrDb;
  const scores = [];
  let trainingSeconds = 0;
  await ae.train(samples, {
    ...{ recipe: 'transform', seed, epochs, validation },
    onEpoch: (summary) => {
      scores.push(summary.validation.psnrDb);
      trainingSeconds = summary.elapsedMs / 1000;
    },
  });
  const lowest = Math.min(...scores);
  const result = { numbers: ae.codeSize, start, startSeconds, lowest, trained: scores.at(-1), trainingSeconds };
  ae.dispose();
  return result;
}

async function compare(name, folder, settings) {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'ae-bench-recipes-'));
  const data = await openFolder(folder, scratch);
  try {
    const { height, width, channels } = data.train.at(0);
    const format = new Autoencoder({ inputShape: [height, width, channels] });
    const begun = performance.now();
    const components = Math.max(...settings.sizes);
    const pca = await fitPca(data.train, format, { mirror: true, components, maxImages: data.train.length });
    const pcaSeconds = (performance.now() - begun) / 1000;
    const pcaDb = await scorePca(pca, data.val, format, { counts: settings.sizes });
    pca.dispose();
    console.log(
      `\n${name}: ${data.train.length} images to train on, ${data.val.length} to validate with, ${height}x${width}`,
    );
    console.log(
      `PCA of training images and their mirror images: ${pcaSeconds.toFixed(1)} s; ${settings.epochs} epochs, their time with validation`,
    );
    console.log('numbers   PCA, dB   start, dB   trained, dB   above PCA   start, s   training, s');
    const rows = [];
    for (const [i, size] of settings.sizes.entries()) {
      const row = { ...(await train(size, data, settings)), pca: pcaDb[i] };
      const cells = [
        [String(row.numbers), 7],
        [row.pca.toFixed(2), 10],
        [row.start.toFixed(2), 12],
      ];
      cells.push([row.trained.toFixed(2), 14], [(row.trained - row.pca).toFixed(2), 12]);
      cells.push([row.startSeconds.toFixed(1), 11], [row.trainingSeconds.toFixed(0), 14]);
      console.log(cells.map(([text, columns]) => text.padStart(columns)).join(''));
      rows.push(row);
    }
    return { name, pcaSeconds, rows };
  } finally {
    for (const reader of Object.values(data)) reader.close();
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

async function run() {
  const photos = positionals[0] ?? process.env.AE_PHOTOS;
  if (!photos && !values.emoji) {
    throw new Error(
      'expected a folder of photographs with train.txt and val.txt (or AE_PHOTOS, or --emoji), received none; any images will do: ' +
        'after npm run quickstart -- --images <folder>, its data are in examples/quickstart/data.',
    );
  }
  const settings = {
    sizes: values.sizes
      .split(',')
      .map((size) => numberOf('sizes', size))
      .sort((a, b) => a - b),
    epochs: numberOf('epochs', values.epochs),
    seed: numberOf('seed', values.seed),
  };
  const threads = numberOf('threads', values.threads);
  await useBackend('wasm', { threads });
  // npm runs this in the workspace's folder; paths are relative to where it was called.
  const placeOf = (folder) => path.resolve(process.env.INIT_CWD ?? '', folder);
  const results = [];
  if (photos) results.push(await compare('photographs', placeOf(photos), settings));
  if (values.emoji) results.push(await compare('emoji', placeOf(values.emoji), settings));
  const machine = {
    ...{ cpu: os.cpus()[0].model, cores: os.availableParallelism(), node: process.version },
    ...{ load: os.loadavg(), date: new Date().toISOString() },
  };
  if (values.out) {
    const text = JSON.stringify(
      { benchmark: 'recipes', machine, settings: { ...settings, threads }, results },
      null,
      2,
    );
    fs.writeFileSync(placeOf(values.out), `${text}\n`);
  }
}

try {
  await run();
  process.exit(0);
} catch (error) {
  console.error(`[bench] ${error.message}`);
  process.exit(1);
}
