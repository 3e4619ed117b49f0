/**
 * Compares how fast training runs with its data in memory, in a raw LMDB and in LMDBs of encoded images, in turns: whether reading and
 * decoding ever keep the engine waiting; and how fast `ae train` runs from the same databases, whole epochs with all that it saves.
 *
 *     npm run bench -- data [LMDB ...] [--only memory,raw,command-raw] [--runs 5] [--images 512] [--epochs 3] [--batch 8] [--out FILE]
 *
 * LMDBs are of images of one size, the same ones in all; without any, the images are smoothed noise of 64x64 pixels. Figures mean
 * something on a quiet machine only; the ratios are of runs next to each other.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { Autoencoder, useBackend } from '@ae/autoencoder';
import { DatumWriter, openDatumLmdb } from '@ae/lmdb-datum';
import sharp from 'sharp';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    runs: { type: 'string', default: '5' },
    images: { type: 'string', default: '512' },
    epochs: { type: 'string', default: '3' },
    batch: { type: 'string', default: '8' },
    out: { type: 'string' },
  },
});
const [runs, images, epochs, batchSize] = ['runs', 'images', 'epochs', 'batch'].map((name) => Number(values[name]));
const size = 64;
const ae = fileURLToPath(new URL('../../packages/cli/bin/ae.js', import.meta.url));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ae-bench-data-'));

/** Interleaved RGB pixels that compress about as well as photographs. */
async function makePictures() {
  const pictures = [];
  for (let i = 0; i < images; i++) {
    const data = Buffer.from(Array.from({ length: 12 * 12 * 3 }, () => Math.floor(256 * Math.random())));
    pictures.push(
      await sharp(data, { raw: { width: 12, height: 12, channels: 3 } })
        .resize(size, size, { kernel: 'cubic' })
        .raw()
        .toBuffer(),
    );
  }
  return pictures;
}

/** Planar and blue first, as a Datum has it. */
function planarBgr(picture) {
  const area = size * size;
  return Uint8Array.from({ length: 3 * area }, (_, i) => picture[3 * (i % area) + 2 - Math.floor(i / area)]);
}

async function writeDatabase(name, pictures, makeDatum) {
  const target = path.join(folder, name);
  const writer = await DatumWriter.open(target);
  for (const [i, picture] of pictures.entries()) {
    await writer.put(String(i).padStart(8, '0'), await makeDatum(picture));
  }
  await writer.close();
  return target;
}

/** Writes pictures to databases of each kind; returns their folders. */
async function makeDatabases() {
  const pictures = await makePictures();
  const encoded = (format) => async (picture) => ({
    ...{ channels: 0, height: 0, width: 0, encoded: true },
    data: await sharp(picture, { raw: { width: size, height: size, channels: 3 } })
      .toFormat(format, { quality: 90 })
      .toBuffer(),
  });
  const raw = (picture) => ({ channels: 3, height: size, width: size, data: planarBgr(picture) });
  return [
    await writeDatabase('raw', pictures, raw),
    await writeDatabase('jpeg', pictures, encoded('jpeg')),
    await writeDatabase('png', pictures, encoded('png')),
  ];
}

/** Images a second over the epochs after the first one, which warms up. */
function speedOf(elapsedMs, imagesPerEpoch) {
  return (1000 * epochs * imagesPerEpoch) / (elapsedMs.at(-1) - elapsedMs[0]);
}

async function trainInProcess(samples) {
  const { height, width, channels } = await samples.at(0);
  const autoencoder = new Autoencoder({ inputShape: [height, width, channels] });
  await autoencoder.initialize();
  const { epochs: history } = await autoencoder.train(samples, { epochs: epochs + 1, batchSize });
  autoencoder.dispose();
  return speedOf(
    history.map(({ elapsedMs }) => elapsedMs),
    samples.length,
  );
}

async function trainByCommand(database, imagesPerEpoch) {
  const run = path.join(folder, 'run');
  const options = ['--epochs', String(epochs + 1), '--batch-size', String(batchSize), '--no-report', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, [ae, 'train', database, '--out', run, ...options]);
  fs.rmSync(run, { recursive: true });
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const elapsedMs = events.filter(({ event }) => event === 'epoch').map((event) => event.elapsedMs);
  return speedOf(elapsedMs, imagesPerEpoch);
}

/** What is timed, by name: functions that resolve to images a second. */
async function makeCases(databases) {
  const sources = await Promise.all(databases.map((database) => openDatumLmdb(database)));
  const memory = await Promise.all(Array.from({ length: sources[0].length }, (_, i) => sources[0].at(i)));
  const cases = { memory: () => trainInProcess(memory) };
  for (const [i, database] of databases.entries()) {
    const name = path.basename(database, '.lmdb');
    cases[name] = () => trainInProcess(sources[i]);
    cases[`command-${name}`] = () => trainByCommand(database, memory.length);
  }
  const only = values.only?.split(',') ?? Object.keys(cases);
  return Object.fromEntries(Object.entries(cases).filter(([name]) => name === 'memory' || only.includes(name)));
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

try {
  const engine = await useBackend('wasm');
  const cases = await makeCases(positionals.length > 0 ? positionals : await makeDatabases());
  const names = Object.keys(cases);
  const speeds = Object.fromEntries(names.map((name) => [name, []]));
  for (let run = 0; run < runs; run++) {
    // Each begins in turn: what comes first after a pause is often slower or faster.
    for (let i = 0; i < names.length; i++) {
      const name = names[(run + i) % names.length];
      speeds[name].push(await cases[name]());
    }
  }
  const ratios = Object.fromEntries(
    Object.entries(speeds).map(([name, all]) => [name, all.map((speed, run) => speed / speeds.memory[run])]),
  );
  for (const [name, all] of Object.entries(speeds)) {
    const spread = `${Math.min(...all).toFixed(0)} - ${Math.max(...all).toFixed(0)}`;
    console.log(
      `${name.padEnd(14)}${median(all).toFixed(0).padStart(6)} images/s (${spread}), ${median(ratios[name]).toFixed(3)} of memory`,
    );
  }
  const machine = { cpu: os.cpus()[0].model, cores: os.availableParallelism(), node: process.version, engine };
  const result = {
    benchmark: 'data',
    machine,
    settings: { runs, images, epochs, batchSize, databases: positionals },
    speeds,
    ratios,
  };
  if (values.out) fs.writeFileSync(values.out, `${JSON.stringify(result, null, 2)}\n`);
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
