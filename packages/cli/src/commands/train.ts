import path from 'node:path';
import type { Autoencoder, TrainingHistory, TrainOptions } from '@ae/autoencoder';
import type { Command } from 'commander';
import { CliError, writingTo } from '../cli-error';
import { backendOption, describeEngine, type EngineOptions, startEngine, threadsOption } from '../engine';
import { catchInterruption } from '../interruption';
import { addOptimizerOptions, type OptimizerFlags, optimizerOptions } from '../optimizer-options';
import { type CommonOptions, choiceOption, defineCommand, numberOption } from '../options';
import { assertNew, type ClaimedFolder, claimFolder, claimNumberedFolder } from '../output-folder';
import { assertShape, openSamples, type SampleDatabase } from '../sample-database';
import { formatCount, formatDuration, formatNumberOf, style, Terminal } from '../terminal';
import { fitEpochs } from '../time-budget';
import { TrainingProgress } from '../training-progress';

interface TrainCommandOptions extends CommonOptions, EngineOptions, OptimizerFlags {
  readonly val?: string;
  readonly out?: string;
  readonly preset: 'mirror' | 'torch7';
  readonly codeSize?: number;
  readonly pixelScale?: number;
  readonly channelOrder?: 'rgb' | 'bgr';
  readonly initSeed?: number;
  readonly epochs?: number;
  readonly minutes?: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly shuffle: boolean;
}

const defaultEpochs = 15;
const seedRange = { min: 0, max: 2 ** 32 - 1, integer: true };

export function trainCommand(): Command {
  const command = defineCommand('train', 'train an autoencoder on the images of an LMDB')
    .argument('<train.lmdb>', 'images of one size, as ae import makes them')
    .option('--val <lmdb>', 'images never trained on, scored after each epoch')
    .option('--out <folder>', 'new folder for the run; the network goes to <folder>/model (default: runs/<name>-<n>)')
    .optionsGroup('Training:')
    .addOption(
      numberOption('--epochs <n>', `passes over the images (default: ${defaultEpochs})`, { min: 1, integer: true }),
    )
    .addOption(
      numberOption('--minutes <n>', 'as many epochs as fit into this time, by the measured speed', {
        min: 0,
        above: true,
      }),
    )
    .addOption(numberOption('--batch-size <n>', 'images an update', { min: 1, integer: true }).default(32))
    .addOption(numberOption('--seed <n>', 'determines first weights and order', seedRange).default(0))
    .option('--no-shuffle', "keep the database's order")
    .optionsGroup('Network:')
    .addOption(choiceOption('--preset <name>', 'architecture', ['mirror', 'torch7']).default('mirror'))
    .addOption(numberOption('--code-size <n>', 'numbers in the code (default: by preset)', { min: 1, integer: true }))
    .addOption(numberOption('--init-seed <n>', 'determines the first weights alone (default: the seed)', seedRange))
    .addOption(
      numberOption('--pixel-scale <n>', 'the network sees byte x this (default: 1/256)', { min: 0, above: true }),
    )
    .addOption(choiceOption('--channel-order <order>', 'of colours in the network (default: rgb)', ['rgb', 'bgr']))
    .optionsGroup('Engine:')
    .addOption(backendOption())
    .addOption(threadsOption())
    .action(runTrain);
  return addOptimizerOptions(command.optionsGroup('Optimizer:'));
}

async function runTrain(trainPath: string, options: TrainCommandOptions): Promise<void> {
  const terminal = new Terminal(options);
  const optimizer = optimizerOptions(options);
  if (options.epochs !== undefined && options.minutes !== undefined) {
    throw new CliError('INVALID_OPTION', '--minutes: expected without --epochs, received both; leave one out.');
  }
  if (options.out !== undefined) await assertNew(options.out, 'folder');
  const samples = await openSamples(trainPath);
  const validation = options.val === undefined ? undefined : await openSamples(options.val);
  if (validation)
    assertShape(validation, samples.shape, `training on ${trainPath}`, 'import both with the same --resize');
  const engine = await startEngine(options, terminal);
  const { Autoencoder } = await import('@ae/autoencoder');
  const { preset, codeSize, pixelScale, channelOrder, seed, initSeed = seed, batchSize, shuffle } = options;
  const pixels = { ...(pixelScale && { scale: pixelScale }), ...(channelOrder && { channelOrder }) };
  const create = () => new Autoencoder({ preset, codeSize, inputShape: samples.shape, pixels });
  const training = { batchSize, optimizer, seed, shuffle, validation };
  const epochs = await chooseEpochs(options, create, samples, training, terminal);
  const network = create();
  await network.initialize({ seed: initSeed });
  const start = {
    engine: describeEngine(engine),
    network: `${preset}, code of ${formatCount(network.codeSize)}, ${formatCount(network.model.countParams())} weights`,
    images: `${formatNumberOf(samples.length, 'image')}${validation ? `, ${formatCount(validation.length)} to validate` : ''}`,
  };
  terminal.event({
    event: 'start',
    ...start,
    epochs,
    preset,
    codeSize: network.codeSize,
    inputShape: samples.shape,
    backend: engine,
  });
  terminal.print(style('dim', `${start.images} - ${start.network} - ${start.engine}`));
  const run = await claimRun(options.out, trainPath);
  try {
    await trainAndSave(network, samples, { ...training, epochs }, run.path, terminal);
  } catch (error) {
    terminal.status('');
    await run.release();
    throw error;
  }
}

/** Trains until the last epoch or until interrupted, and saves the network in both cases. */
async function trainAndSave(
  network: Autoencoder,
  samples: SampleDatabase,
  options: TrainOptions & { epochs: number },
  run: string,
  terminal: Terminal,
): Promise<void> {
  const progress = new TrainingProgress(terminal, samples.length, options.epochs);
  const interruption = catchInterruption(() =>
    terminal.warn('finishing the step, then saving; once more ends at once.'),
  );
  let position = '';
  let history: TrainingHistory | undefined;
  const { signal } = interruption;
  try {
    history = await network.train(samples, {
      ...options,
      signal,
      onStep: (step) => {
        position = `step ${formatCount(step.step)} of ${formatCount(step.steps)}, in epoch ${step.epoch} of ${step.epochs}`;
        progress.onStep(step);
      },
      onEpoch: (summary) => progress.onEpoch(summary),
    });
  } catch (error) {
    if (!signal.aborted || (error as { code?: unknown }).code !== 'ABORTED') throw error;
  } finally {
    terminal.status('');
    interruption.release();
  }
  const folder = path.join(run, 'model');
  await writingTo(folder, () => network.save(folder));
  const last = history?.epochs.at(-1);
  terminal.event({ event: 'saved', model: folder, interrupted: !history, elapsedMs: last?.elapsedMs });
  if (!history) terminal.print(`stopped after ${position}`);
  terminal.print(
    `${last ? `trained in ${formatDuration(last.elapsedMs)}; ` : ''}network saved: ${style('bold', folder)}`,
  );
  if (history)
    terminal.print(`see what it does: ae test ${run} ${options.validation ? '<validation lmdb>' : '<lmdb>'}`);
  process.exitCode = interruption.exitCode();
}

function claimRun(out: string | undefined, trainPath: string): Promise<ClaimedFolder> {
  if (out !== undefined) return claimFolder(out);
  const resolved = path.resolve(trainPath);
  const { name } = path.parse(path.basename(resolved) === 'data.mdb' ? path.dirname(resolved) : resolved);
  return claimNumberedFolder(path.join('runs', name));
}

async function chooseEpochs(
  { epochs, minutes }: TrainCommandOptions,
  create: () => Autoencoder,
  samples: SampleDatabase,
  training: TrainOptions,
  terminal: Terminal,
): Promise<number> {
  if (minutes === undefined) return epochs ?? defaultEpochs;
  terminal.status('measuring the speed ...');
  const fit = await fitEpochs(create, samples, training, minutes * 60);
  terminal.status('');
  terminal.print(
    `${Math.round(fit.imagesPerSecond)} images/s: ${formatNumberOf(fit.epochs, 'epoch')} in about ` +
      `${formatDuration(fit.expectedMs)} (to repeat this run: --epochs ${fit.epochs})`,
  );
  return fit.epochs;
}
