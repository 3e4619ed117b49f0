import type { Autoencoder } from '@ae/autoencoder';
import type { RunConfig } from '@ae/autoencoder/runs';
import { drawGrid, encodePng } from '@ae/images/png';
import type { Sample } from '@ae/lmdb-datum';
import type { Command } from 'commander';
import { type DatabaseFlag, databaseOption, schemaOption } from '../data/database-option';
import type { Importing } from '../data/imported-images';
import { kindOfInput } from '../data/input-kind';
import { openSamples } from '../data/open-samples';
import { splitOfRun, wishForNetwork, wishOfRun } from '../data/run-images';
import type { SampleDatabase } from '../data/sample-database';
import { backendOption, type EngineOptions, startEngine, threadsOption } from '../network/engine';
import { type FoundModel, findModel, placeOf } from '../network/find-model';
import { assertFits, type CheckpointOptions, checkpointOption, configOf, loadNetwork } from '../network/load-network';
import { CliError } from '../shell/cli-error';
import { type CommonOptions, defineCommand, numberOption } from '../shell/options';
import { assertNewImage, writeNewFile } from '../shell/output-folder';
import { formatNumberOf, style, Terminal } from '../shell/terminal';

interface SampleCommandOptions extends CommonOptions, EngineOptions, CheckpointOptions, DatabaseFlag {
  readonly count: number;
  readonly seed: number;
  readonly codesOf?: string;
  readonly components?: number;
  readonly prior?: boolean;
  readonly masks?: string;
  readonly image?: string;
  readonly columns: number;
  readonly scale: number;
}

export function sampleCommand(): Command {
  return defineCommand('sample', 'draw new images from random codes')
    .argument('<model>', 'folder of a run or a saved network')
    .argument('<out.png>', 'new image')
    .addOption(
      numberOption('--count <n>', 'number of images to draw', { min: 1, max: 1024, integer: true }).default(32),
    )
    .addOption(
      numberOption('--seed <n>', 'seed for the random codes', { min: 0, max: 2 ** 32 - 1, integer: true }).default(0),
    )
    .option('--codes-of <images>', "draw codes like those of these images (default: the run's training images)")
    .addOption(
      numberOption('--components <n>', 'Gaussians to fit to those codes (default: one per 30 images, at most 64)', {
        min: 1,
        max: 256,
        integer: true,
      }),
    )
    .option('--prior', 'for a variational network: draw codes from the standard normal distribution instead')
    .option(
      '--masks <images>',
      'images to take the pooling masks of one from (default: the image with the nearest code, or none)',
    )
    .addOption(databaseOption('the unnamed one in --masks'))
    .addOption(schemaOption())
    .option('--image <key>', 'key of that image, or its index, counted from 0 (default: the first)')
    .addOption(numberOption('--columns <n>', 'images per row', { min: 1, max: 64, integer: true }).default(8))
    .addOption(
      numberOption('--scale <n>', 'factor to enlarge the images by', { min: 1, max: 16, integer: true }).default(2),
    )
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
    throw new CliError('INVALID_OPTION', '--image requires --masks; name the images that contain it.');
  }
  await assertNewImage(output);
  const { database, schema } = options;
  const isLmdb = options.masks !== undefined && kindOfInput(options.masks) === 'lmdb';
  // Images to be imported need the network first.
  const early = isLmdb ? await openSamples(options.masks as string, { database, schema }) : undefined;
  const found = await findModel(modelPath, options.checkpoint);
  const { model } = found;
  await startEngine(options, terminal);
  const network = await loadNetwork(found, terminal);
  const config = await configOf(found);
  const importing = { wish: config ? wishOfRun(config) : wishForNetwork(network, {}), terminal };
  const source = await codesSource(network, found, options, importing, config);
  const masked =
    early ?? (options.masks === undefined ? undefined : await openSamples(options.masks, { images: importing }));
  if (source) assertFits(source, network, model);
  if (masked) assertFits(masked, network, model);
  const masks = await masked?.at(image === undefined ? 0 : masked.find(image));
  if (source) terminal.status(`reading codes of ${source.path}`);
  const drawn = { count, seed, masks, codesOf: source, components: options.components };
  const images: Sample[] = await network.sample(drawn);
  terminal.status('');
  const rows: Sample[][] = [];
  for (let start = 0; start < images.length; start += columns) rows.push(images.slice(start, start + columns));
  await writeNewFile(output, encodePng(drawGrid([rows], { scale })));
  terminal.event({ output, model, count, seed, codesOf: source?.path, masks: masks?.key ?? 'fixed' });
  terminal.print(
    `${style('bold', output)}: ${formatNumberOf(count, 'image')} drawn with seed ${seed}${source ? `, like the codes of ${source.path}` : ''}`,
  );
}

/** Opens the images whose codes the new ones should resemble; undefined if a variational network's own distribution is used. */
async function codesSource(
  { model: { layers } }: Autoencoder,
  found: FoundModel,
  { codesOf, components, prior }: SampleCommandOptions,
  images: Importing,
  config: RunConfig | undefined,
): Promise<SampleDatabase | undefined> {
  const isVariational = layers.some((layer) => layer.getClassName() === 'VariationalCode');
  if (prior && (codesOf !== undefined || components !== undefined)) {
    const other = codesOf === undefined ? '--components' : '--codes-of';
    throw new CliError('INVALID_OPTION', `--prior and ${other} cannot be combined; leave one out.`);
  }
  if (prior && !isVariational) {
    const state = `--prior: ${found.model} is not variational, so its codes have no distribution of their own`;
    throw new CliError('NOT_VARIATIONAL', `${state}; leave --prior out, or train with --variational.`);
  }
  // A network saved without its run has no images.
  if (prior || (isVariational && codesOf === undefined && found.run === undefined)) return undefined;
  if (codesOf !== undefined) return openSamples(codesOf, { images });
  const split = config && splitOfRun(config);
  return openSamples(await ownImages(found), { images, ...(split && { part: { split, side: 'train' } }) });
}

/** Where the images that a network was trained on are; throws if its folder does not say. */
async function ownImages({ model, run }: FoundModel): Promise<string> {
  const { readRunConfig } = await import('@ae/autoencoder/runs');
  const known = run && (await placeOf((await readRunConfig(run)).data.train, run, '--codes-of <images>'));
  if (known) return known;
  throw new CliError(
    'NOT_VARIATIONAL',
    `${model} does not say which images it was trained on; name images whose codes the new ones should resemble: --codes-of <images>.`,
  );
}
