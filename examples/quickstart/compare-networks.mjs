/** What several networks, and PCA of as many numbers, make of the same images: a table for the terminal and one picture. */
import { writeFileSync } from 'node:fs';
import { Autoencoder, samplesToTensor, valuesToSamples } from '@ae/autoencoder';
import { fitPca } from '@ae/autoencoder/baselines';
import { imageError, psnrDb } from '@ae/autoencoder/scores';
import { drawGrid, encodePng } from '@ae/images/png';
import { openDatumLmdb } from '@ae/lmdb-datum';

/** Images in a row of the picture. */
const shown = 16;

/**
 * Draws validation images, and below them what each network makes of them, and PCA; returns a line of text for each row. `networks` are
 * saved networks by name. PCA has as many numbers as the last network's code.
 */
export async function compareNetworks(networks, { train, val, picture }) {
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
  const all = Array.from({ length: validation.length }, (_, i) => validation.at(i));
  const { components, reconstructions, meanPsnrDb } = await throughPca(last, training, all);
  rows.push(samples.map((sample) => reconstructions[all.findIndex(({ key }) => key === sample.key)]));
  lines.push([`PCA, ${format(components)} numbers`, `${format(4 * components)} bytes of code`, decibels(meanPsnrDb)]);
  last.dispose();
  writeFileSync(picture, encodePng(drawGrid([rows])));
  for (const database of [training, validation]) database.close();
  return lines;
}

/** Reconstructs images from as many principal components of the training images as a network's code has numbers. */
async function throughPca({ inputShape, pixels, codeSize }, training, samples) {
  const pca = await fitPca(training, { inputShape, pixels }, { components: codeSize });
  const images = samplesToTensor(samples, inputShape, pixels);
  const coefficients = pca.encode(images);
  const decoded = pca.decode(coefficients, inputShape);
  const [expected, values] = await Promise.all([images.data(), decoded.data()]);
  const { componentCount: components } = pca;
  for (const tensor of [pca, images, coefficients, decoded]) tensor.dispose();
  const [size, peak] = [expected.length / samples.length, 255 * pixels.scale];
  const scores = samples.map((_, i) =>
    psnrDb(imageError(expected, values, { offset: i * size, size, peak }).clampedMse, peak),
  );
  const meanPsnrDb = scores.reduce((sum, score) => sum + Math.min(100, score), 0) / scores.length;
  return { components, meanPsnrDb, reconstructions: valuesToSamples(values, inputShape, pixels) };
}

function format(count) {
  return count.toLocaleString('en-US');
}

function decibels(psnrDb) {
  return `${psnrDb.toFixed(2)} dB`;
}
