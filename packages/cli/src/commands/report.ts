import path from 'node:path';
import type { ReportData } from '@ae/autoencoder/report';
import type { RunConfig } from '@ae/autoencoder/runs';
import type { Command } from 'commander';
import { databaseOption, schemaOption } from '../data/database-option';
import { fitFlag, importHeading, resamplerFlag } from '../data/fit-option';
import { kindOfInput } from '../data/input-kind';
import { lenientOption } from '../data/left-out';
import { openSamples } from '../data/open-samples';
import { splitOfRun, wishForNetwork, wishOfRun } from '../data/run-images';
import { backendOption, type EngineOptions, startEngine, threadsOption } from '../network/engine';
import { findModel, placeOf } from '../network/find-model';
import {
  assertFits,
  type CheckpointOptions,
  checkpointOption,
  loadNetwork,
  type ReadFlags,
} from '../network/load-network';
import { openTrainingImages } from '../network/training-images';
import { CliError } from '../shell/cli-error';
import { interruptible } from '../shell/interruption';
import { type CommonOptions, defineCommand, numberOption } from '../shell/options';
import { assertNew, writeFileWhole, writeNewFile } from '../shell/output-folder';
import { formatNumberOf, style, Terminal } from '../shell/terminal';
import { reportFileOf } from '../training/run-report';

interface ReportOptions extends CommonOptions, EngineOptions, CheckpointOptions, ReadFlags {
  readonly out?: string;
  readonly data?: string;
  /** Where the images that the run trained on are now, if they have moved; false for no baselines. */
  readonly baselines?: string | false;
  readonly maxImages: number;
}

export function reportCommand(): Command {
  return defineCommand('report', 'make an HTML report of one run, or of several runs side by side')
    .argument('<run...>', 'folders of runs')
    .option('--out <file.html>', 'new file (default: <run>/report.html, or report.html for several runs)')
    .option('--data <images>', "images to score (default: the run's validation images, or else its training images)")
    .addOption(databaseOption('the unnamed one in --data'))
    .addOption(schemaOption())
    .addOption(lenientOption())
    .option('--baselines <images>', "images to fit PCA to (default: the run's training images)")
    .option('--no-baselines', 'leave out PCA, JPEG and thumbnails')
    .addOption(
      numberOption('--max-images <n>', 'images to score, evenly spread', { min: 1, integer: true }).default(2000),
    )
    .addOption(checkpointOption())
    .optionsGroup(importHeading)
    .addOption(fitFlag())
    .addOption(resamplerFlag())
    .optionsGroup('Engine:')
    .addOption(backendOption())
    .addOption(threadsOption())
    .action(runReport);
}

async function runReport(runs: string[], options: ReportOptions): Promise<void> {
  const terminal = new Terminal(options);
  // A run's own report is replaced: it contains nothing that the run does not.
  const own = options.out === undefined && runs.length === 1 ? reportFileOf(runs[0]) : undefined;
  const output = own ?? options.out ?? 'report.html';
  if (!own) await assertNew(output);
  await startEngine(options, terminal);
  await interruptible(terminal, 'interrupted; nothing was written.', async (signal) => {
    const reports: ReportData[] = [];
    for (const run of runs) reports.push(await collect(run, options, signal, terminal));
    const { renderComparison, renderReport } = await import('@ae/autoencoder/report');
    const page = reports.length === 1 ? renderReport(reports[0]) : renderComparison(reports);
    await (own ? writeFileWhole(output, page) : writeNewFile(output, page));
    const scores = reports.map(({ title, scores: { own } }) => ({ run: title, psnrDb: own?.summary.psnrDb }));
    terminal.event({ output, runs: scores });
    terminal.print(`${style('bold', output)}: ${formatNumberOf(runs.length, 'run')}`);
  });
}

async function collect(
  runFolder: string,
  { data, baselines, maxImages, checkpoint, database, schema, lenient, fit, resampler }: ReportOptions,
  signal: AbortSignal,
  terminal: Terminal,
): Promise<ReportData> {
  const { collectReport } = await import('@ae/autoencoder/report');
  const { readRunConfig } = await import('@ae/autoencoder/runs');
  const config = await readRunConfig(runFolder);
  const found = await findModel(runFolder, checkpoint);
  const split = data === undefined ? splitOfRun(config) : undefined;
  const place = data ?? (await scoredImages(config, runFolder));
  const reading = {
    database,
    schema,
    lenient,
    anySize: true,
    ...(split && { part: { split, side: 'validation' } as const }),
  };
  // Images to be imported need the network first; most mistakes in an LMDB are found without it.
  const early = kindOfInput(place) === 'lmdb' ? await openSamples(place, reading) : undefined;
  const network = await loadNetwork(found, terminal);
  const wish = data === undefined ? wishOfRun(config) : wishForNetwork(network, { fit, resampler }, config);
  const samples = early ?? (await openSamples(place, { ...reading, images: { wish, terminal } }));
  assertFits(samples, network, found.model);
  const training = await openTrainingImages(baselines, found, network, { database, schema, lenient }, terminal);
  const report = await collectReport(network, {
    samples,
    // Images that belong to the run keep the name they had there.
    samplesName: data,
    trainingSamples: training?.samples,
    baselines: baselines !== false,
    runFolder,
    maxImages,
    signal,
    onStage: (stage) => terminal.status(`${path.basename(runFolder)}: ${stage} ...`),
  });
  terminal.status('');
  network.dispose();
  samples.close();
  training?.close();
  return report;
}

/** The images that a run was validated on, or else trained on. */
async function scoredImages({ data }: RunConfig, run: string): Promise<string> {
  return (await placeOf(data.validation ?? data.train, run, '--data <images>')) ?? noData(run);
}

function noData(run: string): never {
  throw new CliError(
    'INVALID_OPTION',
    `${run} does not say which images it was trained on; name images to score: --data <images>.`,
  );
}
