/**
 * Finds pictures that look alike, using the codes of a trained network:
 *
 *     node embed.mjs [<network> <lmdb> [<page.html>]]
 *
 * Encodes every picture in the database, finds the nearest codes of twelve pictures, and writes a page that shows each of the twelve next to
 * the pictures that were found. Without arguments, it uses the network and pictures of the quickstart.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Autoencoder, useBackend } from '@ae/autoencoder';
import { nearestNeighbors } from '@ae/autoencoder/codes';
import { encodeSample, openDatumLmdb } from '@ae/lmdb-datum';

const queries = 12;
const found = 6;
const quickstart = (name) => fileURLToPath(new URL(`../quickstart/${name}`, import.meta.url));
const defaults = [quickstart('out/transform/model'), quickstart('data/train.lmdb'), quickstart('out/neighbors.html')];

async function pictureOf(pictures, index) {
  const png = await encodeSample(await pictures.at(index), 'png');
  return `<img alt="" src="data:image/png;base64,${Buffer.from(png).toString('base64')}">`;
}

/** Returns a page with a row for each query: its picture, then its neighbors with their distances. */
async function pageOf(pictures, rows) {
  const lines = [];
  for (const { query, neighbors } of rows) {
    const cells = [`<td>${await pictureOf(pictures, query)}</td>`];
    for (const { index, distance } of neighbors) {
      cells.push(`<td>${await pictureOf(pictures, index)}<br>${distance.toFixed(2)}</td>`);
    }
    lines.push(`<tr>${cells.join('')}</tr>`);
  }
  return `<!doctype html>
<meta charset="utf-8">
<title>Nearest codes</title>
<style>
  body { font: 14px system-ui, sans-serif; color: #333; background: #fff; margin: 2em; }
  td { padding: 4px 8px; text-align: center; }
  td:first-child { padding-right: 32px; vertical-align: top; }
  img { width: 96px; border-radius: 4px; image-rendering: pixelated; }
</style>
<h1>Nearest codes</h1>
<p>Each row shows a picture on the left, followed by the pictures with the nearest codes and their Euclidean distances.</p>
<table>
${lines.join('\n')}
</table>
`;
}

async function main([network = defaults[0], lmdb = defaults[1], page = defaults[2]]) {
  await useBackend('auto');
  const autoencoder = await Autoencoder.load(network);
  const pictures = openDatumLmdb(lmdb);
  const codes = await autoencoder.encodeAll(pictures);
  const count = Math.min(queries, codes.count);
  const rows = Array.from({ length: count }, (_, i) => {
    const query = Math.floor((i * codes.count) / count);
    return { query, neighbors: nearestNeighbors(codes, query, { count: found }) };
  });
  writeFileSync(page, await pageOf(pictures, rows));
  pictures.close();
  console.log(`${codes.count} pictures as codes of ${codes.codeSize} numbers; open ${page}`);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(`embed: ${error.message}`);
  process.exitCode = 1;
});
