/**
 * What a new user's first program does with the packages: import, unpool, train, reconstruct. It throws if anything is not as it should be.
 */
import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';

const size = { height: 32, width: 32 };

/** Takes the modules that `import` or `require` returns; `name` is for the files that it creates. */
export async function exercise({ autoencoder, images, layers, lmdbDatum, tf }, name) {
  const output = `${name}.lmdb`;
  const { records, skipped } = await lmdbDatum.convertImageset({
    ...{ input: 'photos', output, resizeHeight: size.height, resizeWidth: size.width },
    workers: 1,
  });
  assert.deepEqual(skipped, []);
  const reader = lmdbDatum.openDatumLmdb(output);
  assert.equal(reader.length, records);
  let read = 0;
  for await (const { data, shape } of reader.batches({ batchSize: 4, workers: 1, scale: 1 / 256 })) {
    assert.deepEqual(shape.slice(1), [size.height, size.width, 3]);
    assert(data.every((value) => value >= 0 && value < 1));
    read += shape[0];
  }
  assert.equal(read, records);

  const { name: engine } = await autoencoder.useBackend('wasm');
  const [pooled, indices] = [tf.tensor4d([9], [1, 1, 1, 1]), tf.tensor4d([4], [1, 1, 1, 1], 'int32')];
  const unpooled = await layers.maxUnpool(pooled, indices, [3, 3]).data();
  assert.deepEqual([...unpooled], [0, 0, 0, 0, 9, 0, 0, 0, 0]);
  const network = new autoencoder.Autoencoder({ inputShape: [size.height, size.width, 3], codeSize: 16 });
  await network.initialize({ seed: 1 });
  const { epochs } = await network.train(reader, { epochs: 4, batchSize: 4, seed: 1 });
  assert(epochs.at(-1).loss < epochs[0].loss, `the loss went from ${epochs[0].loss} to ${epochs.at(-1).loss}`);
  reader.close();
  await network.save(`${name}-model`);
  network.dispose();

  const saved = await autoencoder.Autoencoder.load(`${name}-model`);
  const reconstruction = await saved.reconstruct(await images.readImage('photos/discs/0.jpg'));
  writeFileSync(`${name}.png`, await reconstruction.toPng());
  assert(statSync(`${name}.png`).size > 100);
  const shown = await images.readImage(`${name}.png`);
  assert.deepEqual([shown.width, shown.height, shown.channels], [size.width, size.height, 3]);
  console.log(`${name}: ${records} images imported, trained on ${engine}, one reconstructed.`);
}
