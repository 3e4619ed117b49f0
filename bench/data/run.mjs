/**
 * Compares how fast training runs with its data in memory, in a raw LMDB and in LMDBs of encoded images, in turns in one process:
 * whether reading and decoding ever keep the engine waiting.
 *
 *     npm run bench -- data [--runs 5] [--images 512] [--epochs 3] [--batch 8] [--out FILE]
 *
 * The images are smoothed noise of 64x64 pixels. Figures mean something on a quiet machine only; the ratios are of runs next to each
 * other.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Autoencoder, useBackend } from '@ae/autoencoder';
import { DatumWriter, openDatumLmdb } from '@ae/lmdb-datum';
import sharp from 'sharp';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    images: { type: 'string', default: '512' },
    epochs: { type: 'string', default: '3' },
    batch: { type: 'string', default: '8' },
    out: { type: 'string' },
  },
});
const [runs, count, epochs, batchSize] = ['runs', 'images', 'epochs', 'batch'].map((name) => Number(values[name]));
const size = 64;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ae-bench-data-'));

/** Interleaved RGB pixels that compress about as well as photographs. */
async function makePictures() {
  const pictures = [];
  for (let i = 0; i < count; i++) {
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
  return openDatumLmdb(target);
}

async function imagesPerSecond(samples) {
  const ae = new Autoencoder({ inputShape: [size, size, 3] });
  await ae.initialize();
  const { epochs: history } = await ae.train(samples, { epochs: epochs + 1, batchSize });
  ae.dispose();
  // The first epoch warms up.
  return (1000 * epochs * count) / (history.at(-1).elapsedMs - history[0].elapsedMs);
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

try {
  const engine = await useBackend('wasm');
  const pictures = await makePictures();
  const shape = { channels: 3, height: size, width: size };
  const encoded = (format) => async (picture) => ({
    ...{ channels: 0, height: 0, width: 0, encoded: true },
    data: await sharp(picture, { raw: { width: size, height: size, channels: 3 } })
      .toFormat(format, { quality: 90 })
      .toBuffer(),
  });
  const sources = {
    memory: pictures.map((picture) => ({ ...shape, data: planarBgr(picture) })),
    raw: await writeDatabase('raw', pictures, (picture) => ({ ...shape, data: planarBgr(picture) })),
    jpeg: await writeDatabase('jpeg', pictures, encoded('jpeg')),
    png: await writeDatabase('png', pictures, encoded('png')),
  };
  const speeds = Object.fromEntries(Object.keys(sources).map((name) => [name, []]));
  await imagesPerSecond(sources.memory);
  const names = Object.keys(sources);
  for (let run = 0; run < runs; run++) {
    // Each begins in turn: what comes first after a pause is often slower or faster.
    for (let i = 0; i < names.length; i++) {
      const name = names[(run + i) % names.length];
      speeds[name].push(await imagesPerSecond(sources[name]));
    }
  }
  const ratios = Object.fromEntries(
    Object.entries(speeds).map(([name, all]) => [name, all.map((speed, run) => speed / speeds.memory[run])]),
  );
  for (const [name, all] of Object.entries(speeds)) {
    const spread = `${Math.min(...all).toFixed(0)} - ${Math.max(...all).toFixed(0)}`;
    console.log(
      `${name.padEnd(8)}${median(all).toFixed(0).padStart(6)} images/s (${spread}), ${median(ratios[name]).toFixed(3)} of memory`,
    );
  }
  const machine = { cpu: os.cpus()[0].model, cores: os.availableParallelism(), node: process.version, engine };
  const result = { benchmark: 'data', machine, settings: { runs, count, epochs, batchSize }, speeds, ratios };
  if (values.out) fs.writeFileSync(values.out, `${JSON.stringify(result, null, 2)}\n`);
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
