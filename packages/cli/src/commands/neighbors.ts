import type { Neighbor } from '@ae/autoencoder/codes';
import { drawGrid, encodePng } from '@ae/images/png';
import type { Sample } from '@ae/lmdb-datum';
import type { Command } from 'commander';
import { printLeftOut } from '../data/left-out';
import { loadNetworkFor } from '../network/load-network';
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
    .argument('<image>', 'key of the image, or its index, counted from 0')
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
  const { network, samples } = await loadNetworkFor(lmdbPath, modelPath, { ...options, oneSize: true }, terminal);
  // Codes of different sizes cannot be compared.
  samples.requireOneSize();
  const query = samples.find(image);
  const { nearestNeighbors } = await import('@ae/autoencoder/codes');
  const codes = await network.encodeAll(samples, {
    onProgress: (done, total) =>
      terminal.status(`encoding ${formatBar(done / total)} ${formatCount(done)}/${formatCount(total)}`),
  });
  terminal.status('');
  const found = nearestNeighbors(codes, query, { count, metric });
  if (grid) {
    const all = await Promise.all([query, ...found.map(({ index }) => index)].map((index) => samples.at(index)));
    await writeNewFile(grid, encodePng(drawGrid([[all as Sample[]]], { scale })));
  }
  const key = codes.keys[query];
  terminal.event({
    index: query,
    key,
    label: codes.labels[query],
    metric,
    neighbors: found,
    grid,
    leftOut: samples.leftOut,
  });
  terminal.print(`${style('bold', key)}, nearest first by ${metric} distance:`);
  if (found.length > 0) terminal.print(formatRows(found.map(describeNeighbor)));
  else terminal.print('  there is no other image');
  if (grid) terminal.print(`grid: ${grid}`);
  printLeftOut([samples], terminal);
}

function describeNeighbor({ key, label, distance }: Neighbor): [string, string] {
  return [distance.toFixed(4), label === undefined ? key : `${key}, class ${label}`];
}
