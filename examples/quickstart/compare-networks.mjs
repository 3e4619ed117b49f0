/** Compares how networks and PCA reconstruct the same images: as a table for the terminal, and in one picture. */
import { writeFileSync } from 'node:fs';
import { Autoencoder, samplesToTensor, valuesToSamples } from '@ae/autoencoder';
import { fitPca, scorePca } from '@ae/autoencoder/baselines';
import { drawGrid, encodePng } from '@ae/images/png';
import { openDatumLmdb } from '@ae/lmdb-datum';

/** The number of images in a row of the picture. */
const shown = 16;

/**
 * Draws validation images, and below them their reconstructions by each network and by PCA. Returns a line of text for each row. `networks`
 * are the folders of saved networks by name. PCA uses as many numbers as the last network's code, and
 * with `mirror` it is fitted to mirror images as well.
 */
export async function compareNetworks(networks, { train, val, mirror, picture }) {
  const [training, validation] = [train, val].map((lmdb) => openDatumLmdb(lmdb));
  const samples = Array.from({ length: Math.min(shown, validation.length) }, (_, i) =>
    validation.at(Math.floor((i * validation.length) / shown)),
  );
  const rows = [samples];
  const lines = [['the images', `${format(samples[0].data.length)} bytes each`, '']];
  let last;
  for (const [name, folder] of Object.entries(networks)) {
    last?.dispose();
    last = await Autoencoder.load(folder);
    const { codeBytes, maskBytes } = last.sizes;
    rows.push(await last.reconstruct(samples));
    const { psnrDb } = await last.evaluate(validation, { similarity: false });
    const masks = maskBytes > 0 ? ` and ${format(maskBytes)} of masks` : '';
    lines.push([name, `${format(codeBytes)} bytes of code${masks}`, decibels(psnrDb)]);
  }
  const pca = await fitPca(training, last, { components: last.codeSize, mirror });
  const [pcaPsnrDb] = await scorePca(pca, validation, last, { counts: [last.codeSize] });
  rows.push(await throughPca(pca, last, samples));
  const { componentCount } = pca;
  lines.push([
    `PCA, ${format(componentCount)} numbers`,
    `${format(4 * componentCount)} bytes of code`,
    decibels(pcaPsnrDb),
  ]);
  pca.dispose();
  last.dispose();
  writeFileSync(picture, encodePng(drawGrid([rows])));
  for (const database of [training, validation]) database.close();
  return lines;
}

/** Reconstructs images from their principal components. */
async function throughPca(pca, { inputShape, pixels }, samples) {
  const images = samplesToTensor(samples, inputShape, pixels);
  const coefficients = pca.encode(images);
  const decoded = pca.decode(coefficients, inputShape);
  const values = await decoded.data();
  for (const tensor of [images, coefficients, decoded]) tensor.dispose();
  return valuesToSamples(values, inputShape, pixels);
}

function format(count) {
  return count.toLocaleString('en-US');
}

function decibels(psnrDb) {
  return `${psnrDb.toFixed(2)} dB`;
}
