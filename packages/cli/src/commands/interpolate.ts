import type { InterpolationMasks } from '@ae/autoencoder/codes';
import { drawGrid, encodePng } from '@ae/images/png';
import type { Sample } from '@ae/lmdb-datum';
import type { Command } from 'commander';
import { printLeftOut } from '../data/left-out';
import { loadNetworkFor } from '../network/load-network';
import { addNetworkInput, type NetworkInputOptions } from '../network/network-input';
import { type CommonOptions, choiceOption, defineCommand, numberOption } from '../shell/options';
import { assertNewImage, writeNewFile } from '../shell/output-folder';
import { formatNumberOf, formatRows, style, Terminal } from '../shell/terminal';

interface InterpolateCommandOptions extends CommonOptions, NetworkInputOptions {
  readonly masks: InterpolationMasks | 'all';
  readonly steps: number;
  readonly scale: number;
}

const maskNames: readonly InterpolationMasks[] = ['first', 'second', 'fixed'];

export function interpolateCommand(): Command {
  const command = defineCommand('interpolate', 'draw the images between two others, by interpolating their codes')
    .argument('<model>', 'folder of a run or a saved network')
    .argument('<images>', "an LMDB of images of the network's size, or a folder of images")
    .argument('<first>', 'key of an image, or its index, counted from 0')
    .argument('<second>', 'key or index of another image')
    .argument('<out.png>', 'new PNG file: a row for each choice of masks, with the two images at its ends')
    .addOption(
      choiceOption('--masks <whose>', "the first image's, the second's, or fixed masks, which carry no information", [
        ...maskNames,
        'all',
      ]).default('all'),
    )
    .addOption(
      numberOption('--steps <n>', 'images per row to decode, including both ends', {
        min: 2,
        max: 100,
        integer: true,
      }).default(8),
    )
    .addOption(
      numberOption('--scale <n>', 'factor to enlarge the images by', { min: 1, max: 16, integer: true }).default(2),
    );
  return addNetworkInput(command, "the network's").action(runInterpolate);
}

async function runInterpolate(
  modelPath: string,
  lmdbPath: string,
  first: string,
  second: string,
  output: string,
  options: InterpolateCommandOptions,
): Promise<void> {
  const terminal = new Terminal(options);
  await assertNewImage(output);
  const { network, samples } = await loadNetworkFor(lmdbPath, modelPath, { ...options, oneSize: true }, terminal);
  const indices = [samples.find(first), samples.find(second)];
  const [from, to] = (await Promise.all(indices.map((index) => samples.at(index)))) as [Sample, Sample];
  const hasMasks = network.sizes.maskBytes > 0;
  // Without masks there is only one way to decode.
  const kinds = !hasMasks ? (['fixed'] as const) : options.masks === 'all' ? maskNames : [options.masks];
  const rows: Sample[][] = [];
  for (const masks of kinds) {
    rows.push([from, ...(await network.interpolate(from, to, { masks, steps: options.steps })), to]);
  }
  await writeNewFile(output, encodePng(drawGrid([rows], { scale: options.scale })));
  terminal.event({ output, from: from.key, to: to.key, steps: options.steps, masks: kinds, leftOut: samples.leftOut });
  terminal.print(`${style('bold', output)}: ${formatNumberOf(options.steps, 'image')} from ${from.key} to ${to.key}`);
  const words = {
    first: "the first image's masks",
    second: "the second image's",
    fixed: 'fixed masks, which carry no information',
  };
  if (hasMasks) terminal.print(formatRows(kinds.map((masks, i) => [`row ${i + 1}`, words[masks]])));
  printLeftOut([samples], terminal);
}
