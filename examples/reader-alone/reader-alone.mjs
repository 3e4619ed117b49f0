/**
 * Reads a Caffe Datum LMDB without TensorFlow and without native code:
 *
 *     node reader-alone.mjs <lmdb>
 *
 * Prints the format of the database, the sizes of its classes, and its mean color, computed from shuffled batches like those of a training loop.
 * Works for raw pixels and for image files of different sizes, because batches are resized.
 */
import { openDatumLmdb } from '@ae/lmdb-datum';

const side = 64;

/** Counts records by label; in Caffe, a missing label is 0. */
function countLabels(reader) {
  const counts = new Map();
  for (const { datum } of reader.entries()) {
    const label = datum.label ?? 0;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return counts;
}

/** Returns the mean of red, green and blue over all pixels, from 0 to 255. */
async function meanColor(reader) {
  const sums = [0, 0, 0];
  let pixels = 0;
  const batches = reader.batches({
    batchSize: 64,
    shuffle: 1,
    dtype: 'uint8',
    channels: 3,
    resize: { height: side, width: side },
    reuse: true,
  });
  for await (const { data } of batches) {
    for (let i = 0; i < data.length; i++) sums[i % 3] += data[i];
    pixels += data.length / 3;
  }
  return sums.map((sum) => sum / pixels);
}

async function main([path]) {
  if (!path) throw new Error('expected the path of an LMDB, received nothing: node reader-alone.mjs <lmdb>');
  const reader = openDatumLmdb(path);
  try {
    const { format, depth, firstKey, lastKey } = reader.info;
    console.log(`${path}: ${reader.length} records, LMDB format ${format}, ${depth} levels of pages`);
    if (reader.length === 0) return;
    console.log(`keys ${firstKey} to ${lastKey}`);
    const counts = [...countLabels(reader).values()];
    console.log(`${counts.length} classes of ${Math.min(...counts)} to ${Math.max(...counts)} records`);
    const [red, green, blue] = (await meanColor(reader)).map((mean) => mean.toFixed(1));
    console.log(`mean color: red ${red}, green ${green}, blue ${blue}`);
  } finally {
    reader.close();
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(`reader-alone: ${error.message}`);
  process.exitCode = 1;
});
