import path from 'node:path';
import type { Autoencoder, RunOptions, TrainOptions } from '@ae/autoencoder';
import { recipes, runOptions } from '@ae/autoencoder/options';
import { type Command, CommanderError } from 'commander';
import { databaseOption, schemaOption } from '../data/database-option';
import { fitFlag, grayFlag, importHeading, resamplerFlag, resizeFlag } from '../data/fit-option';
import type { Split, SplitWish } from '../data/image-split';
import { kindOfInput } from '../data/input-kind';
import { lenientOption, printLeftOut } from '../data/left-out';
import { assertShape, openSamples, type SampleDatabase } from '../data/sample-database';
import { backendOption, describeEngine, type EngineOptions, startEngine, threadsOption } from '../network/engine';
import { checkpointOption, lookingAt, type ReadFlags } from '../network/load-network';
import { nodeAdvice } from '../network/node-advice';
import { CliError } from '../shell/cli-error';
import { commandLine, replaceOption } from '../shell/command-line';
import { type CommonOptions, choiceOption, defineCommand, numberOption } from '../shell/options';
import { type ClaimedFolder, claimNumberedFolder } from '../shell/output-folder';
import { formatCount, formatDuration, formatNumberOf, style, Terminal } from '../shell/terminal';
import { createNetwork, inputShapeOf } from '../training/create-network';
import { understandDataSet } from '../training/data-set';
import { addFlags, setOption } from '../training/flag-options';
import { assertNewRun, claimRunFolder } from '../training/run-place';
import { warnOfLargeRun } from '../training/run-size';
import { fitEpochs } from '../training/time-budget';
import { givenValues } from '../training/train-flags';
import { withAdvice } from '../training/training-advice';
import { type TrainingRun, trainAndSave } from '../training/training-run';
import {
  type NetworkSettings,
  type NewNetwork,
  newSettings,
  resumedSettings,
  type SettingsFlags,
  type TrainingSettings,
} from '../training/training-settings';

type TrainCommandOptions = CommonOptions &
  EngineOptions &
  SettingsFlags &
  ReadFlags & {
    readonly valDatabase?: string;
    readonly out?: string;
    readonly resume?: string;
    readonly minutes?: number;
    readonly report: boolean;
    readonly pca: boolean;
    /** What `--set` gave, by the names that flags would have. */
    readonly set?: Readonly<Record<string, unknown>>;
  };

export function trainCommand(): Command {
  const command = defineCommand('train', 'train an autoencoder on a folder of images, or on an LMDB')
    .argument(
      '[images]',
      'a folder of images (of class folders or not), or an LMDB as ae import makes it (with --resume: those of the run)',
    )
    .option(
      '--val <images>',
      'images never trained on, scored after each epoch; or a part to keep of the others, such as 0.1',
    )
    .addOption(databaseOption())
    .addOption(databaseOption('that of --database', '--val-database <name>'))
    .addOption(schemaOption())
    .addOption(lenientOption())
    .addOption(setOption())
    .optionsGroup('Run folder:')
    .option('--out <folder>', 'new folder for the run; the network goes to <folder>/model (default: runs/<name>-<n>)')
    .option(
      '--resume <run>',
      'go on from the last checkpoint of a run, with the options that it began with, or more --epochs',
    )
    .option('--from <place>', 'begin with the weights of a run, a saved network or a checkpoint, with any options')
    .addOption(checkpointOption())
    .option('--no-report', 'make no report.html in the end, which takes up to a minute')
    .option('--no-pca', 'do not compare with PCA of as many numbers in the end');
  addFlags(command, 'Run folder:');
  command
    .optionsGroup(importHeading)
    .addOption(resizeFlag('64'))
    .addOption(grayFlag())
    .addOption(fitFlag('squash'))
    .addOption(resamplerFlag('antialiased'))
    .optionsGroup('Training:')
    .addOption(
      choiceOption('--recipe <name>', 'what all else begins with: ours, plain Adam, or the loop of the original', [
        ...Object.keys(recipes),
      ]),
    )
    .addOption(
      numberOption('--minutes <n>', 'as many epochs as fit into this time, by the measured speed', {
        min: 0,
        exclusiveMin: true,
      }),
    );
  for (const heading of ['Training:', 'Optimizer:', 'Learning rate:', 'Loss and images:', 'Keeping it steady:'])
    addFlags(command, heading);
  addFlags(command, 'Network:');
  return command.optionsGroup('Engine:').addOption(backendOption()).addOption(threadsOption()).action(runTrain);
}

async function runTrain(input: string | undefined, given: TrainCommandOptions): Promise<void> {
  const together: TrainCommandOptions = { ...given, ...given.set };
  const terminal = new Terminal(together);
  checkTogether(input, together);
  const set = input === undefined ? undefined : understandDataSet(input, together.val, together.seed ?? 0);
  const trainPath = set?.train;
  const options: TrainCommandOptions = set ? { ...together, val: set.val, split: set.split } : together;
  const { resume } = options;
  if (options.out !== undefined) await assertNewRun(options.out);
  const settings = resume
    ? await resumedSettings(resume, trainPath, options)
    : await newSettings(trainPath as string, options);
  if (set?.said) terminal.warn(set.said);
  // Before the engine starts, for most mistakes are in the data.
  const data = await openData(settings, readFlags(options, settings), terminal);
  const info = await startEngine(options, terminal);
  const engine = { words: describeEngine(info), advice: nodeAdvice(info) };
  if ('run' in settings.network) {
    await goOn(settings, settings.network, data, { options, engine, trainPath }, terminal);
  } else {
    await begin(settings, settings.network, data, { options, engine, trainPath }, terminal);
  }
}

interface EngineInWords {
  readonly words: string;
  /** What would make it faster. */
  readonly advice?: string;
}

interface Invocation {
  readonly options: TrainCommandOptions;
  readonly engine: EngineInWords;
  readonly trainPath?: string;
}

async function begin(
  settings: TrainingSettings,
  source: NewNetwork,
  data: TrainingData,
  { options, engine, trainPath }: Invocation,
  terminal: Terminal,
): Promise<void> {
  await warnOfLargeRun(source, settings, data.samples, options, terminal);
  const create = () => createNetwork(settings, source, data.samples, terminal);
  const training = { ...settings.options, validation: data.validation };
  const imagesPerEpoch = settings.imagesPerEpoch ?? data.samples.length;
  const epochs = await chooseEpochs(options, settings.epochs, create, data.samples, training, imagesPerEpoch, terminal);
  const network = await create();
  announce(
    network,
    'from' in source ? { from: source.from.model } : source.architecture,
    epochs,
    data,
    engine,
    terminal,
  );
  const folder = await claimRun(options.out, settings.trainPath);
  const run = { folder: folder.path, ...runOptionsOf(trainPath, options, epochs) };
  const train: TrainingRun['train'] = (callbacks, onNetwork) => {
    onNetwork(network);
    return network.train(data.samples, { ...training, epochs, run, ...callbacks });
  };
  await follow(
    { train, ...data, path: folder.path, imagesPerEpoch, epochs, report: options.report, pca: options.pca },
    settings,
    terminal,
    folder,
  );
}

async function goOn(
  settings: TrainingSettings,
  { run, changes }: Extract<NetworkSettings, { run: unknown }>,
  data: TrainingData,
  { options, engine, trainPath }: Invocation,
  terminal: Terminal,
): Promise<void> {
  const { resumeTraining } = await import('@ae/autoencoder');
  const { epochs } = settings;
  const imagesPerEpoch = settings.imagesPerEpoch ?? data.samples.length;
  const { network: origin, from } = run.config;
  const train: TrainingRun['train'] = async (callbacks, onNetwork) => {
    const { history } = await resumeTraining(run, data.samples, {
      ...{ ...settings.options, epochs, validation: data.validation, ...callbacks },
      network: { ...changes, inputShape: inputShapeOf(data.samples, settings.crop) },
      run: runOptionsOf(trainPath, options, epochs),
      onNetwork: (network) => {
        onNetwork(network);
        announce(
          network,
          from === undefined ? { ...origin, ...changes } : { from: path.join(run.folder, 'start') },
          epochs,
          data,
          engine,
          terminal,
        );
      },
    });
    return history;
  };
  await follow(
    { train, ...data, path: run.folder, imagesPerEpoch, epochs, report: options.report, pca: options.pca },
    settings,
    terminal,
  );
}

/** Trains, and says what is to be said in the end; gives up the folder of a run that did not come to hold anything. */
async function follow(
  run: TrainingRun,
  { trainPath }: TrainingSettings,
  terminal: Terminal,
  folder?: ClaimedFolder,
): Promise<void> {
  try {
    await trainAndSave(run, terminal);
    tellLeftOut(run, terminal);
  } catch (error) {
    terminal.status('');
    await folder?.release();
    throw await withAdvice(error, run.path, trainPath);
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
    throw new CliError('INVALID_OPTION', `--${flag} cannot be combined with --${other}; leave one out.`);
  };
  if (minutes !== undefined && epochs !== undefined) refuse('minutes', 'epochs');
  if (minutes !== undefined && resume !== undefined) refuse('minutes', 'resume');
  if (out !== undefined && resume !== undefined) refuse('out', 'resume');
  if (from !== undefined && resume !== undefined) refuse('from', 'resume');
  if (checkpoint !== undefined && from === undefined) {
    throw new CliError('INVALID_OPTION', '--checkpoint needs --from; name the run that it is of.');
  }
  if (trainPath === undefined && resume === undefined) {
    // As commander says it; only --resume makes the argument optional.
    throw new CommanderError(1, 'commander.missingArgument', "error: missing required argument 'images'");
  }
}

interface TrainingData {
  readonly samples: SampleDatabase;
  readonly validation?: SampleDatabase;
}

/** How the data is read: as the flags say, or else as a run that goes on began. */
function readFlags(
  { database, valDatabase, schema, lenient }: TrainCommandOptions,
  { network }: TrainingSettings,
): TrainReadFlags {
  if (!('run' in network)) return { database, valDatabase, schema, lenient };
  const { command = '' } = network.run.config;
  const before = (flag: string) => new RegExp(` --${flag}[ =]([\\w.:-]+)( |$)`).exec(command)?.[1];
  return {
    database: database ?? before('database'),
    valDatabase: valDatabase ?? before('val-database'),
    schema: schema ?? before('schema'),
    lenient: lenient ?? / --lenient( |$)/.test(command),
  };
}

type TrainReadFlags = ReadFlags & { readonly valDatabase?: string };

async function openData(
  { trainPath, validationPath: named, split, wish, crop }: TrainingSettings,
  { database, valDatabase = database, schema, lenient }: TrainReadFlags,
  terminal: Terminal,
): Promise<TrainingData> {
  const options = { lenient, schema, crop, images: { wish, terminal }, onProgress: lookingAt(terminal, lenient) };
  const partOf = (side: 'train' | 'validation') => (split ? { part: { split, side } } : {});
  const samples = await openSamples(trainPath, { ...options, database, ...partOf('train') });
  const validationPath = split ? trainPath : named;
  const validation =
    validationPath === undefined
      ? undefined
      : await openSamples(validationPath, {
          ...{ ...options, database: split ? database : valDatabase, ...partOf('validation') },
          // It was said already.
          ...(split && { images: { wish, terminal, isSaid: true } }),
        });
  if (split && samples.split) terminal.warn(describeSplit(trainPath, samples.split, split));
  else if (!validation && kindOfInput(trainPath) === 'images')
    terminal.warn(
      'no images to validate with: --val 0.1 keeps a tenth of them apart, and the report then scores those.',
    );
  terminal.status('');
  for (const { note } of validation ? [samples, validation] : [samples]) if (note) terminal.warn(note);
  if (validation && !crop) assertShape(validation, samples.shape, `training on ${trainPath}`);
  if (validation && validation.shape[2] !== samples.shape[2]) {
    assertShape(validation, [...validation.shape.slice(0, 2), samples.shape[2]], `training on ${trainPath}`);
  }
  return { samples, validation };
}

function describeSplit(place: string, { train, validation, classes, groups }: Split, { seed }: SplitWish): string {
  const total = train.length + validation.length;
  const kept = [
    classes > 1 && `${formatCount(classes)} classes in proportion`,
    groups > 0 && `${formatNumberOf(groups, 'group')} of images with like names, each on one side`,
  ].filter(Boolean);
  const how = kept.length > 0 ? ` (${kept.join('; ')})` : '';
  return `${place}: ${formatCount(validation.length)} of ${formatNumberOf(total, 'image')} are kept to validate, by seed ${seed}${how}.`;
}

function announce(
  network: Autoencoder,
  {
    preset,
    from,
    codeSize: wanted,
  }: { readonly preset?: unknown; readonly from?: string; readonly codeSize?: unknown },
  epochs: number,
  { samples, validation }: TrainingData,
  { words: engine, advice }: EngineInWords,
  terminal: Terminal,
): void {
  const { codeSize, inputShape } = network;
  // As many numbers for each block of an image: not every size can be had.
  const isOther = typeof wanted === 'number' && wanted !== codeSize;
  const nearest = isOther ? ` (the nearest to ${formatCount(wanted)} that it can have)` : '';
  const description = {
    images: `${formatNumberOf(samples.length, 'image')}${validation ? `, ${formatCount(validation.length)} to validate` : ''}`,
    network: `${preset ?? `that of ${from}`}, code of ${formatCount(codeSize)}${nearest}, ${formatCount(network.model.countParams())} weights`,
    engine,
  };
  terminal.event({
    event: 'start',
    ...description,
    advice,
    epochs,
    preset,
    from,
    codeSize,
    ...(isOther && { codeSizeWanted: wanted }),
    inputShape,
  });
  terminal.print(style('dim', Object.values(description).join(' - ')));
  if (advice) terminal.print(style('dim', advice));
}

function runOptionsOf(
  trainPath: string | undefined,
  { val, split, from, ...flags }: TrainCommandOptions,
  epochs: number,
): Omit<RunOptions, 'folder' | 'resume'> {
  const validation = split ? trainPath : val;
  const given = givenValues(flags);
  return {
    ...(from !== undefined && { from: path.resolve(from) }),
    ...Object.fromEntries(Object.keys(runOptions).map((key) => [key, given.get(`run.${key}`)])),
    command: commandLine(replaceOption(process.argv.slice(2), '--minutes', ['--epochs', String(epochs)])),
    // A resumed run knows those that are not named anew.
    dataNames: { train: trainPath, validation },
    dataPaths: { train: trainPath && path.resolve(trainPath), validation: validation && path.resolve(validation) },
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
