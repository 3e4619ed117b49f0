import { statSync } from 'node:fs';
import type { Neighbor } from '@ae/autoencoder/codes';
import { readClassNames } from '@ae/ground/class-names';
import { drawGrid, encodePng } from '@ae/images/png';
import type { Sample } from '@ae/lmdb-datum';
import type { Command } from 'commander';
import { printLeftOut } from '../data/left-out';
import type { SampleDatabase } from '../data/sample-database';
import { type LoadedNetwork, loadNetworkFor } from '../network/load-network';
import { addNetworkInput, type NetworkInputOptions } from '../network/network-input';
import { type CommonOptions, choiceOption, defineCommand, numberOption } from '../shell/options';
import { assertNewImage, writeNewFile } from '../shell/output-folder';
import { formatBar, formatCount, formatRows, style, Terminal } from '../shell/terminal';

interface NeighborsOptions extends CommonOptions, NetworkInputOptions {
  readonly count: number;
  readonly metric: 'euclidean' | 'cosine';
  readonly grid?: string;
  readonly scale: number;
}

export function neighborsCommand(): Command {
  const command = defineCommand('neighbors', 'find the images whose codes are nearest to that of a given image')
    .argument('<model>', 'folder of a run or a saved network')
    .argument(
      '<images>',
      "an LMDB of images of the network's size, or a folder of images; their codes must fit in memory",
    )
    .argument('<image>', 'key of one of these images, its index, counted from 0, or the file of any image')
    .addOption(
      numberOption('--count <n>', 'number of neighbors to find', { min: 1, max: 1000, integer: true }).default(5),
    )
    .addOption(choiceOption('--metric <name>', 'distance between codes', ['euclidean', 'cosine']).default('euclidean'))
    .option('--grid <out.png>', 'also write a grid: the image, then its neighbors')
    .addOption(
      numberOption('--scale <n>', 'factor to enlarge the images by', { min: 1, max: 16, integer: true }).default(2),
    );
  return addNetworkInput(command, "the network's").action(runNeighbors);
}

async function runNeighbors(
  modelPath: string,
  lmdbPath: string,
  image: string,
  options: NeighborsOptions,
): Promise<void> {
  const terminal = new Terminal(options);
  const { count, metric, grid, scale } = options;
  if (grid) await assertNewImage(grid);
  const loaded = await loadNetworkFor(lmdbPath, modelPath, { ...options, oneSize: true }, terminal);
  const { network, samples } = loaded;
  // Codes of different sizes cannot be compared.
  samples.requireOneSize();
  const query = await openQuery(image, loaded);
  const { nearestNeighbors } = await import('@ae/autoencoder/codes');
  const codes = await network.encodeAll(samples, {
    onProgress: (done, total) =>
      terminal.status(`encoding ${formatBar(done / total)} ${formatCount(done)}/${formatCount(total)}`),
  });
  terminal.status('');
  const found = nearestNeighbors(codes, query.index ?? query.code, { count, metric });
  if (grid) {
    const all = await Promise.all([query.sample, ...found.map(({ index }) => samples.at(index))]);
    await writeNewFile(grid, encodePng(drawGrid([[all as Sample[]]], { scale })));
  }
  const { key } = query;
  const names = readClassNames(samples.records.path);
  terminal.event({
    ...(query.index !== undefined && { index: query.index, label: codes.labels[query.index] }),
    key,
    metric,
    neighbors: found,
    grid,
    leftOut: samples.leftOut,
  });
  terminal.print(`${style('bold', key)}, nearest first by ${metric} distance:`);
  if (found.length > 0) terminal.print(formatRows(found.map((neighbor) => describeNeighbor(neighbor, names))));
  else terminal.print('  there is no other image');
  if (grid) terminal.print(`grid: ${grid}`);
  printLeftOut([samples], terminal);
}

/** The image whose neighbors are wanted: one of those that are searched, or another one with its code. */
type Query = { readonly key: string; readonly sample: Sample } & (
  | { readonly index: number; readonly code?: undefined }
  | { readonly index?: undefined; readonly code: Float32Array }
);

async function openQuery(image: string, { network, samples, openAlike }: LoadedNetwork): Promise<Query> {
  const index = findIn(samples, image);
  if (index !== undefined) {
    const sample = (await samples.at(index)) as Sample;
    return { index, key: sample.key as string, sample };
  }
  const photograph = await openAlike(image);
  try {
    const { values } = await network.encodeAll(photograph);
    return { key: image, sample: (await photograph.at(0)) as Sample, code: values };
  } finally {
    photograph.close();
  }
}

/** Finds one of the images; undefined if none has that name but a file does. Throws NO_SUCH_RECORD. */
function findIn(samples: SampleDatabase, image: string): number | undefined {
  try {
    return samples.find(image);
  } catch (error) {
    if (statSync(image, { throwIfNoEntry: false })?.isFile()) return undefined;
    throw error;
  }
}

function describeNeighbor({ key, label, distance }: Neighbor, names: readonly string[]): [string, string] {
  const name = label === undefined ? undefined : names[label];
  const said = label === undefined ? '' : `, class ${label}${name === undefined ? '' : `, ${name}`}`;
  return [distance.toFixed(4), key + said];
}
