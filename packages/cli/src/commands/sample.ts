import type { Autoencoder } from '@ae/autoencoder';
import { drawGrid, encodePng } from '@ae/images/png';
import type { Sample } from '@ae/lmdb-datum';
import type { Command } from 'commander';
import { type DatabaseFlag, databaseOption } from '../data/database-option';
import { openSamples } from '../data/sample-database';
import { backendOption, type EngineOptions, startEngine, threadsOption } from '../network/engine';
import { findModel } from '../network/find-model';
import { assertFits, type CheckpointOptions, checkpointOption, loadNetwork } from '../network/load-network';
import { CliError } from '../shell/cli-error';
import { type CommonOptions, defineCommand, numberOption } from '../shell/options';
import { assertNewImage, writeNewFile } from '../shell/output-folder';
import { formatNumberOf, style, Terminal } from '../shell/terminal';

interface SampleCommandOptions extends CommonOptions, EngineOptions, CheckpointOptions, DatabaseFlag {
  readonly count: number;
  readonly seed: number;
  readonly masks?: string;
  readonly image?: string;
  readonly columns: number;
  readonly scale: number;
}

export function sampleCommand(): Command {
  return defineCommand('sample', 'draw new images from a network that was trained with --variational')
    .argument('<model>', 'folder of a run or of a saved network')
    .argument('<out.png>', 'new image')
    .addOption(numberOption('--count <n>', 'images', { min: 1, max: 1024, integer: true }).default(32))
    .addOption(
      numberOption('--seed <n>', 'determines the codes', { min: 0, max: 2 ** 32 - 1, integer: true }).default(0),
    )
    .option('--masks <lmdb>', 'pooling masks of an image in here (default: masks that carry nothing)')
    .addOption(databaseOption('the unnamed one of --masks'))
    .option('--image <key>', 'which image, by its key, or its number from 0 (default: the first)')
    .addOption(numberOption('--columns <n>', 'images per row', { min: 1, max: 64, integer: true }).default(8))
    .addOption(numberOption('--scale <n>', 'enlarge images', { min: 1, max: 16, integer: true }).default(2))
    .addOption(checkpointOption())
    .optionsGroup('Engine:')
    .addOption(backendOption())
    .addOption(threadsOption())
    .action(runSample);
}

async function runSample(modelPath: string, output: string, options: SampleCommandOptions): Promise<void> {
  const terminal = new Terminal(options);
  const { count, seed, image, columns, scale } = options;
  if (image !== undefined && options.masks === undefined) {
    throw new CliError('INVALID_OPTION', '--image needs --masks; name the LMDB that the image is in.');
  }
  await assertNewImage(output);
  const masked =
    options.masks === undefined ? undefined : await openSamples(options.masks, { database: options.database });
  const found = await findModel(modelPath, options.checkpoint);
  const { model } = found;
  await startEngine(options, terminal);
  const network = await loadNetwork(found, terminal);
  assertVariational(network, model);
  if (masked) assertFits(masked, network, model);
  const masks = (await masked?.at(image === undefined ? 0 : masked.find(image))) ?? 'fixed';
  const images: Sample[] = await network.sample({ count, seed, masks });
  const rows: Sample[][] = [];
  for (let start = 0; start < images.length; start += columns) rows.push(images.slice(start, start + columns));
  await writeNewFile(output, encodePng(drawGrid([rows], { scale })));
  terminal.event({ output, model, count, seed, masks: masks === 'fixed' ? masks : masks.key });
  terminal.print(`${style('bold', output)}: ${formatNumberOf(count, 'image')} drawn with seed ${seed}`);
}

function assertVariational({ model: { layers } }: Autoencoder, model: string): void {
  if (layers.some((layer) => layer.getClassName() === 'VariationalCode')) return;
  throw new CliError(
    'NOT_VARIATIONAL',
    `${model} has codes without a distribution to draw from; train with --variational.`,
  );
}
