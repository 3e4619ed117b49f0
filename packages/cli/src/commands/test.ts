import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Autoencoder, Evaluation, SampleSource } from '@ae/autoencoder';
import type { ReportData } from '@ae/autoencoder/report';
import type { Shard } from '@ae/ground/shards';
import type { Command } from 'commander';
import { databaseOption, schemaOption } from '../data/database-option';
import { fitFlag, importHeading, resamplerFlag, resizeFlag } from '../data/fit-option';
import { lenientOption, printLeftOut } from '../data/left-out';
import type { SampleDatabase } from '../data/sample-database';
import { backendOption, type EngineOptions, threadsOption } from '../network/engine';
import type { FoundModel } from '../network/find-model';
import { type PairOptions, reconstructPairs, writePictures } from '../network/image-pairs';
import { type CheckpointOptions, checkpointOption, loadNetworkFor, type ReadFlags } from '../network/load-network';
import { usualResize } from '../network/network-input';
import { printResults } from '../network/print-scores';
import { scoreShard } from '../network/score-shards';
import {
  evaluateAll,
  sizeTables,
  tabulate,
  withoutInfinity,
  withoutOtherSimilarity,
  writeScores,
} from '../network/scores';
import { openTrainingImages } from '../network/training-images';
import { CliError } from '../shell/cli-error';
import { interruptible } from '../shell/interruption';
import { type CommonOptions, choiceOption, defineCommand, numberOption } from '../shell/options';
import { assertNew, type ClaimedFolder, claimFolder, claimNumberedFolder, fillFolder } from '../shell/output-folder';
import { printNext } from '../shell/shard-folder';
import { type ShardFlag, shardOption } from '../shell/shard-option';
import { formatNumberOf, formatRows, style, Terminal } from '../shell/terminal';

interface TestOptions extends CommonOptions, EngineOptions, CheckpointOptions, ReadFlags, PairOptions, ShardFlag {
  readonly savePrefix?: string;
  readonly all?: boolean;
  readonly baselines?: string | boolean;
  readonly extremes: number;
  readonly report: boolean;
}

export function testCommand(): Command {
  const counted = { min: 1, max: 10_000, integer: true };
  return defineCommand('test', 'score a network on images, and write some reconstructions')
    .argument('<model>', 'folder of a run or a saved network')
    .argument('<images>', 'an LMDB, or a folder of images; preferably not the training images')
    .option('--save-prefix <folder>', 'new folder for images and scores (default: test-<n> beside the network)')
    .addOption(checkpointOption())
    .addOption(databaseOption())
    .addOption(schemaOption())
    .addOption(lenientOption())
    .addOption(shardOption())
    .optionsGroup('Images:')
    .addOption(numberOption('--batch-size <n>', 'images per batch', counted).default(16))
    .addOption(numberOption('--n-batches <n>', 'batches of images to write', counted).default(1))
    .option('--spread', 'write evenly spread images instead of the first ones')
    .addOption(choiceOption('--format <type>', 'format of the individual images', ['png', 'jpg']).default('png'))
    .addOption(
      numberOption('--columns <n>', 'images per row of the grid', { min: 1, max: 64, integer: true }).default(8),
    )
    .addOption(
      numberOption('--scale <n>', 'factor to enlarge the images of the grid by', {
        min: 1,
        max: 16,
        integer: true,
      }).default(2),
    )
    .optionsGroup('Scores:')
    .option('--all', 'also compute SSIM and MS-SSIM for every choice of masks, and write a CSV file')
    .option('--baselines [images]', "images to fit PCA to (default: the run's training images, if they still exist)")
    .option('--no-baselines', 'do not compare with PCA, JPEG and thumbnails')
    .addOption(numberOption('--extremes <n>', 'number of worst and best images to list', counted).default(8))
    .option('--no-report', 'do not write report.html')
    .optionsGroup(importHeading)
    .addOption(resizeFlag(usualResize))
    .addOption(fitFlag())
    .addOption(resamplerFlag())
    .optionsGroup('Engine:')
    .addOption(backendOption())
    .addOption(threadsOption())
    .action(runTest);
}

async function runTest(modelPath: string, lmdbPath: string, options: TestOptions): Promise<void> {
  const terminal = new Terminal(options);
  if (options.shard) {
    await testShard(modelPath, lmdbPath, { ...options, shard: options.shard }, terminal);
    return;
  }
  if (options.savePrefix !== undefined) await assertNew(options.savePrefix);
  const { network, samples, engine, ...found } = await loadNetworkFor(
    lmdbPath,
    modelPath,
    { ...options, heldOut: true },
    terminal,
  );
  const { model } = found;
  const training = await openTrainingImages(options.baselines, found, network, { lenient: options.lenient }, terminal);
  // Checked before scoring, which may take a long time.
  const { loadSharp } = await import('@ae/images');
  await loadSharp();
  const folder = await claimResults(options.savePrefix, found);
  const work = async (signal: AbortSignal) => {
    const pairs = await reconstructPairs(network, samples, options);
    const needsReport = options.report || options.baselines !== false;
    const similarity = options.all || needsReport;
    const scored = await evaluateAll(network, samples, { similarity, signal }, terminal);
    const report = needsReport
      ? await collect(
          network,
          found,
          { samples, training: training?.samples, evaluations: scored, baselines: options.baselines !== false },
          signal,
          terminal,
        )
      : undefined;
    const evaluations = options.all ? scored : withoutOtherSimilarity(scored);
    const results = {
      ...{ model, data: lmdbPath, engine, count: samples.length },
      ...(await tabulate(sizeTables(network, samples), network.pixels, evaluations, options.extremes)),
      ...(report?.comparison && { baselines: report.comparison }),
    };
    await fillFolder(folder, async (temporary) => {
      await writePictures(temporary, pairs, options);
      await writeScores(temporary, results, evaluations, options.all);
      if (report && options.report) await writeReport(path.join(temporary, 'report.html'), report);
    });
    terminal.event({
      ...withoutInfinity(results),
      pictures: pairs.length,
      folder: folder.path,
      leftOut: samples.leftOut,
    });
    printResults(terminal, evaluations, results, report?.evaluated.trainedOn);
    if (report && !report.comparison && options.baselines !== false) {
      const size = network.inputShape.slice(0, 2).join('x');
      terminal.print(`not compared with PCA, JPEG and thumbnails, which need images of the network's size, ${size}`);
    }
    printFiles(terminal, folder.path, pairs.length, options.report);
    printLeftOut([samples], terminal);
  };
  await interruptible(terminal, 'interrupted; nothing was written.', work, folder);
}

/** Scores one shard; comparing and reporting need all of them, and ae report does that. */
async function testShard(
  modelPath: string,
  lmdbPath: string,
  options: TestOptions & { readonly shard: Shard },
  terminal: Terminal,
): Promise<void> {
  const { savePrefix: target, baselines, shard } = options;
  if (target === undefined) {
    throw new CliError(
      'INVALID_OPTION',
      '--shard requires --save-prefix, because shards are written next to that folder; add it.',
    );
  }
  if (typeof baselines === 'string' || baselines === true) {
    throw new CliError(
      'INVALID_OPTION',
      '--baselines cannot be combined with --shard; leave it out, and compare with ae report.',
    );
  }
  const loaded = await loadNetworkFor(lmdbPath, modelPath, { ...options, heldOut: true }, terminal);
  await interruptible(terminal, 'interrupted; nothing was written.', async (signal) => {
    const made = await scoreShard(loaded, { data: lmdbPath, target }, options, signal, terminal);
    const { folder, result, wasComplete } = made;
    const { scored, pictures, leftOut } = result;
    terminal.event({ folder, shard, count: scored, pictures, leftOut, ...(wasComplete && { wasComplete }) });
    const when = wasComplete ? ', already complete; nothing to do' : '';
    terminal.print(`${style('bold', folder)}: scores of ${formatNumberOf(scored, 'image')}${when}`);
    printLeftOut([loaded.samples], terminal);
    printNext(target, shard, terminal);
  });
}

function claimResults(
  savePrefix: string | undefined,
  { model, run, isCheckpoint }: FoundModel,
): Promise<ClaimedFolder> {
  if (savePrefix !== undefined) return claimFolder(savePrefix);
  return claimNumberedFolder(path.join((isCheckpoint && run) || path.dirname(model), 'test'));
}

interface ReportedImages {
  readonly samples: SampleDatabase;
  readonly training?: SampleSource;
  readonly baselines: boolean;
  readonly evaluations: readonly Evaluation[];
}

async function collect(
  network: Autoencoder,
  { run }: FoundModel,
  { samples, training, baselines, evaluations }: ReportedImages,
  signal: AbortSignal,
  terminal: Terminal,
): Promise<ReportData> {
  const { collectReport } = await import('@ae/autoencoder/report');
  const data = await collectReport(network, {
    samples,
    samplesName: samples.path,
    trainingSamples: training,
    baselines,
    evaluations,
    ...(run !== undefined && { runFolder: run }),
    signal,
    onStage: (stage) => terminal.status(`report: ${stage} ...`),
  });
  terminal.status('');
  return data;
}

async function writeReport(file: string, data: ReportData): Promise<void> {
  const { renderReport } = await import('@ae/autoencoder/report');
  await writeFile(file, renderReport(data));
}

/** Prints what a folder of results contains. */
export function printFiles(terminal: Terminal, folder: string, images: number, report: boolean): void {
  const rows: [string, string][] = [
    ['grid', style('bold', path.join(folder, 'grid.png'))],
    ['scores', `${path.join(folder, 'scores.json')}, and per image in scores.csv`],
    ['images', `${formatNumberOf(images, 'input')} and their reconstructions in ${folder}`],
  ];
  if (report) rows.push(['report', style('bold', path.join(folder, 'report.html'))]);
  terminal.print(formatRows(rows));
}
