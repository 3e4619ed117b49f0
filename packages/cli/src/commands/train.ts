import path from 'node:path';
import type { Autoencoder, TrainOptions } from '@ae/autoencoder';
import { type Command, CommanderError } from 'commander';
import { databaseOption } from '../data/database-option';
import { lenientOption, printLeftOut } from '../data/left-out';
import { assertShape, openSamples, type SampleDatabase } from '../data/sample-database';
import { createNetwork } from '../network/create-network';
import { backendOption, describeEngine, type EngineOptions, startEngine, threadsOption } from '../network/engine';
import { checkpointOption, lookingAt, type ReadFlags } from '../network/load-network';
import { CliError } from '../shell/cli-error';
import { commandLine, replaceOption } from '../shell/command-line';
import { type CommonOptions, choiceOption, defineCommand, numberOption } from '../shell/options';
import { type ClaimedFolder, claimNumberedFolder } from '../shell/output-folder';
import { formatCount, formatDuration, formatNumberOf, style, Terminal } from '../shell/terminal';
import { addOptimizerOptions } from '../training/optimizer-options';
import { addLossOptions } from '../training/recipe-options';
import { assertNewRun, claimRunFolder } from '../training/run-place';
import { addScheduleOptions } from '../training/schedule-options';
import { fitEpochs } from '../training/time-budget';
import { withAdvice } from '../training/training-advice';
import { trainAndSave } from '../training/training-run';
import { newSettings, resumedSettings, type SettingsFlags, type TrainingSettings } from '../training/training-settings';

interface TrainCommandOptions extends CommonOptions, EngineOptions, SettingsFlags, ReadFlags {
  readonly valDatabase?: string;
  readonly out?: string;
  readonly resume?: string;
  readonly minutes?: number;
  readonly checkpointEvery?: number;
  readonly keep?: number;
  readonly logEvery?: number;
  readonly report: boolean;
}

const seedRange = { min: 0, max: 2 ** 32 - 1, integer: true };
const counted = { min: 1, integer: true };

export function trainCommand(): Command {
  const command = defineCommand('train', 'train an autoencoder on the images of an LMDB')
    .argument('[train.lmdb]', 'images of one size, as ae import makes them (with --resume: those of the run)')
    .option('--val <lmdb>', 'images never trained on, scored after each epoch')
    .addOption(databaseOption())
    .addOption(databaseOption('that of --database', '--val-database <name>'))
    .addOption(lenientOption())
    .optionsGroup('Run folder:')
    .option('--out <folder>', 'new folder for the run; the network goes to <folder>/model (default: runs/<name>-<n>)')
    .option(
      '--resume <run>',
      'go on from the last checkpoint of a run, with the options that it began with, or more --epochs',
    )
    .option('--from <place>', 'begin with the weights of a run, a saved network or a checkpoint, with any options')
    .addOption(checkpointOption())
    .addOption(numberOption('--checkpoint-every <steps>', 'also save within an epoch, after so many updates', counted))
    .addOption(numberOption('--keep <n>', 'checkpoints to keep, beside the best one (default: 2)', counted))
    .addOption(numberOption('--log-every <steps>', 'updates a line of metrics (default: 100 lines an epoch)', counted))
    .option('--no-report', 'no report.html in the end, which takes up to a minute');
  addTrainingOptions(command);
  addOptimizerOptions(command.optionsGroup('Optimizer:'));
  addScheduleOptions(command.optionsGroup('Learning rate:'));
  addLossOptions(command);
  addNetworkOptions(command);
  return command.optionsGroup('Engine:').addOption(backendOption()).addOption(threadsOption()).action(runTrain);
}

function addTrainingOptions(command: Command): void {
  command
    .optionsGroup('Training:')
    .addOption(
      choiceOption('--recipe <name>', "what all else begins with: ours, plain Adam, or the original's loop", [
        ...['default', 'plain', 'torch7'],
      ]),
    )
    .addOption(numberOption('--epochs <n>', 'passes over the images (default: 15; torch7 100)', counted))
    .addOption(
      numberOption('--minutes <n>', 'as many epochs as fit into this time, by the measured speed', {
        min: 0,
        above: true,
      }),
    )
    .addOption(numberOption('--batch-size <n>', 'images an update (default: 8; plain 32, torch7 1)', counted))
    .addOption(numberOption('--accumulate <n>', 'batches an update, where one is too large for memory', counted))
    .addOption(numberOption('--records <n>', 'an epoch is so many records, then the next (torch7 1000)', counted))
    .addOption(numberOption('--iters <n>', 'passes over the records of an epoch (torch7 100)', counted))
    .addOption(numberOption('--seed <n>', 'determines first weights and order (default: 0)', seedRange))
    .option('--no-shuffle', "keep the database's order");
}

function addNetworkOptions(command: Command): void {
  command
    .optionsGroup('Network:')
    .addOption(choiceOption('--preset <name>', 'architecture (default: mirror)', ['mirror', 'torch7']))
    .addOption(numberOption('--code-size <n>', 'numbers in the code (default: by preset)', counted))
    .option('--variational', 'a Gaussian for a code, which ae sample can draw from (VAE)')
    .option('--tied-weights', "keep the decoder's kernels those of the encoder")
    .addOption(
      choiceOption('--init <scheme>', 'first weights (default: projection; torch7 torch)', ['projection', 'torch']),
    )
    .addOption(numberOption('--init-seed <n>', 'determines the first weights alone (default: the seed)', seedRange))
    .addOption(
      numberOption('--pixel-scale <n>', 'the network sees byte x this (default: 1/256)', { min: 0, above: true }),
    )
    .addOption(choiceOption('--channel-order <order>', 'of colours in the network (default: rgb)', ['rgb', 'bgr']));
}

async function runTrain(trainPath: string | undefined, options: TrainCommandOptions): Promise<void> {
  const terminal = new Terminal(options);
  checkTogether(trainPath, options);
  const { resume } = options;
  if (options.out !== undefined) await assertNewRun(options.out);
  const settings = resume
    ? await resumedSettings(resume, trainPath, options)
    : await newSettings(trainPath as string, options);
  // Before the engine starts, for most mistakes are in the data.
  const data = await openData(settings, await readFlags(options), terminal);
  const engine = await startEngine(options, terminal);
  const { recipe, seed } = settings;
  const create = () => createNetwork(settings, data.samples, terminal);
  const training = { ...recipe, seed, validation: data.validation };
  const imagesPerEpoch = settings.imagesPerEpoch ?? data.samples.length;
  const epochs = await chooseEpochs(options, settings.epochs, create, data.samples, training, imagesPerEpoch, terminal);
  const network = await create();
  announce(network, { ...settings, epochs }, data, describeEngine(engine), terminal);
  const folder = resume ? undefined : await claimRun(options.out, settings.trainPath);
  const run = folder?.path ?? (resume as string);
  const trainOptions = { ...training, epochs, run: runOptions(run, trainPath, options, epochs) };
  try {
    await trainAndSave(
      { network, ...data, path: run, imagesPerEpoch, options: trainOptions, report: options.report },
      terminal,
    );
    tellLeftOut(data, terminal);
  } catch (error) {
    terminal.status('');
    await folder?.release();
    throw await withAdvice(error, run, settings.trainPath);
  }
}

function tellLeftOut({ samples, validation }: TrainingData, terminal: Terminal): void {
  const [train, val] = [samples.leftOut, validation?.leftOut ?? []];
  if (train.length + val.length === 0) return;
  terminal.event({ event: 'leftOut', leftOut: train, validationLeftOut: val });
  printLeftOut([samples, validation], terminal);
}

function checkTogether(
  trainPath: string | undefined,
  { resume, out, from, checkpoint, epochs, minutes }: TrainCommandOptions,
): void {
  const refuse = (flag: string, other: string) => {
    throw new CliError('INVALID_OPTION', `--${flag}: expected without --${other}, received both; leave one out.`);
  };
  if (minutes !== undefined && epochs !== undefined) refuse('minutes', 'epochs');
  if (minutes !== undefined && resume !== undefined) refuse('minutes', 'resume');
  if (out !== undefined && resume !== undefined) refuse('out', 'resume');
  if (from !== undefined && resume !== undefined) refuse('from', 'resume');
  if (checkpoint !== undefined && from === undefined) {
    throw new CliError(
      'INVALID_OPTION',
      '--checkpoint: expected with --from, received none; name the run that it is of.',
    );
  }
  if (trainPath === undefined && resume === undefined) {
    // As commander says it; only --resume makes the argument optional.
    throw new CommanderError(1, 'commander.missingArgument', "error: missing required argument 'train.lmdb'");
  }
}

interface TrainingData {
  readonly samples: SampleDatabase;
  readonly validation?: SampleDatabase;
}

/** How the data is read: as the flags say, or else as a run that goes on began. */
async function readFlags({ database, valDatabase, lenient, resume }: TrainCommandOptions): Promise<TrainReadFlags> {
  if (resume === undefined) return { database, valDatabase, lenient };
  const { readRunConfig } = await import('@ae/autoencoder');
  const { command = '' } = await readRunConfig(resume);
  const before = (flag: string) => new RegExp(` --${flag}[ =]([\\w.-]+)( |$)`).exec(command)?.[1];
  return {
    database: database ?? before('database'),
    valDatabase: valDatabase ?? before('val-database'),
    lenient: lenient ?? / --lenient( |$)/.test(command),
  };
}

type TrainReadFlags = ReadFlags & { readonly valDatabase?: string };

async function openData(
  { trainPath, validationPath, crop }: TrainingSettings,
  { database, valDatabase = database, lenient }: TrainReadFlags,
  terminal: Terminal,
): Promise<TrainingData> {
  const options = { lenient, crop, onProgress: lookingAt(terminal, lenient) };
  const samples = await openSamples(trainPath, { ...options, database });
  const validation =
    validationPath === undefined ? undefined : await openSamples(validationPath, { ...options, database: valDatabase });
  terminal.status('');
  for (const { note } of validation ? [samples, validation] : [samples]) if (note) terminal.warn(note);
  if (validation && !crop) assertShape(validation, samples.shape, `training on ${trainPath}`);
  if (validation && validation.shape[2] !== samples.shape[2]) {
    assertShape(validation, [...validation.shape.slice(0, 2), samples.shape[2]], `training on ${trainPath}`);
  }
  return { samples, validation };
}

function announce(
  network: Autoencoder,
  { network: source, epochs }: TrainingSettings,
  { samples, validation }: TrainingData,
  engine: string,
  terminal: Terminal,
): void {
  const { codeSize, inputShape } = network;
  const preset = 'from' in source ? undefined : source.architecture.preset;
  const from = 'from' in source ? source.from.model : undefined;
  const description = {
    images: `${formatNumberOf(samples.length, 'image')}${validation ? `, ${formatCount(validation.length)} to validate` : ''}`,
    network: `${preset ?? `that of ${from}`}, code of ${formatCount(codeSize)}, ${formatCount(network.model.countParams())} weights`,
    engine,
  };
  terminal.event({ event: 'start', ...description, epochs, preset, from, codeSize, inputShape });
  terminal.print(style('dim', Object.values(description).join(' - ')));
}

function runOptions(
  folder: string,
  trainPath: string | undefined,
  { val, resume, from, checkpointEvery, keep, logEvery }: TrainCommandOptions,
  epochs: number,
): TrainOptions['run'] {
  return {
    folder,
    resume: resume !== undefined,
    ...(from !== undefined && { from: path.resolve(from) }),
    ...(checkpointEvery && { checkpointSteps: checkpointEvery }),
    ...(keep && { keep }),
    ...(logEvery && { logSteps: logEvery }),
    command: commandLine(replaceOption(process.argv.slice(2), '--minutes', ['--epochs', String(epochs)])),
    // A resumed run knows those that are not named anew.
    dataNames: { train: trainPath, validation: val },
    dataPaths: { train: trainPath && path.resolve(trainPath), validation: val && path.resolve(val) },
  };
}

function claimRun(out: string | undefined, trainPath: string): Promise<ClaimedFolder> {
  if (out !== undefined) return claimRunFolder(out);
  const resolved = path.resolve(trainPath);
  const { name } = path.parse(path.basename(resolved) === 'data.mdb' ? path.dirname(resolved) : resolved);
  return claimNumberedFolder(path.join('runs', name));
}

async function chooseEpochs(
  { minutes }: TrainCommandOptions,
  epochs: number,
  create: () => Promise<Autoencoder>,
  samples: SampleDatabase,
  training: TrainOptions,
  imagesPerEpoch: number,
  terminal: Terminal,
): Promise<number> {
  if (minutes === undefined) return epochs;
  terminal.status('measuring the speed ...');
  const fit = await fitEpochs(create, samples, training, { seconds: minutes * 60, imagesPerEpoch });
  terminal.status('');
  terminal.print(
    `${Math.round(fit.imagesPerSecond)} images/s: ${formatNumberOf(fit.epochs, 'epoch')} in about ` +
      `${formatDuration(fit.expectedMs)} (to repeat this run: --epochs ${fit.epochs})`,
  );
  return fit.epochs;
}
