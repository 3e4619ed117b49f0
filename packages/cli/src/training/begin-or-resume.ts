import path from 'node:path';
import type { Autoencoder, RunOptions, TrainOptions } from '@ae/autoencoder';
import { runOptions } from '@ae/autoencoder/options';
import type { Amount } from '@ae/autoencoder/runs';
import type { SampleDatabase } from '../data/sample-database';
import { commandLine, replaceOption } from '../shell/command-line';
import { type ClaimedFolder, claimNumberedFolder } from '../shell/output-folder';
import { formatCount, formatDuration, formatNumberOf, type Terminal } from '../shell/terminal';
import { announce, type EngineInWords, warnOfFew } from './announce';
import { createNetwork, fitToImages, inputShapeOf } from './create-network';
import { writeHandOver } from './hand-over';
import { claimRunFolder } from './run-place';
import { warnOfLargeRun } from './run-size';
import { elsewhereOf, type TorchrunFlags } from './torchrun-flags';
import { givenValues } from './train-flags';
import { withAdvice } from './training-advice';
import { type TrainingData, tellLeftOut } from './training-data';
import { type TrainingRun, trainAndSave } from './training-run';
import type { NetworkSettings, NewNetwork, SettingsFlags, TrainingSettings } from './training-settings';

/** What the command line may say about a run, besides its settings. */
export type TrainingFlags = SettingsFlags &
  TorchrunFlags & {
    readonly out?: string;
    readonly report: boolean;
    readonly pca: boolean;
  };

/** The parsed command line, and the engine that has been started. */
export interface Invocation {
  readonly options: TrainingFlags;
  readonly engine: EngineInWords;
  readonly trainPath?: string;
  /** The arguments of the command line. */
  readonly args: readonly string[];
}

/** Trains a new network, or one that starts from existing weights. */
export async function beginRun(
  settings: TrainingSettings,
  asked: NewNetwork,
  data: TrainingData,
  { options, engine, trainPath, args }: Invocation,
  terminal: Terminal,
): Promise<void> {
  const source = await fitToImages(settings, asked, data.samples);
  await warnOfLargeRun(source, settings, options, terminal);
  const create = () => createNetwork(settings, source, data.samples, terminal);
  const training = { ...settings.options, validation: data.validation };
  const imagesPerEpoch = settings.imagesPerEpoch ?? data.samples.length;
  // A repeated run was planned the first time.
  const amount =
    options.minutes === undefined
      ? settings.amount
      : await planTime(options.minutes, create, data.samples, training, imagesPerEpoch, terminal);
  const network = await create();
  announce(
    network,
    'from' in source ? { from: source.from.model } : source.architecture,
    amount.epochs,
    data,
    engine,
    terminal,
  );
  const own = runOptionsOf(trainPath, options, planned(args, options, amount));
  const whole = { ...training, ...amount };
  if (options.handOver !== undefined)
    return writeHandOver(options.handOver, network, data, { ...whole, run: own }, terminal);
  const elsewhere = await elsewhereOf(options, data, () => network);
  if (!elsewhere) warnOfFew(data.samples, terminal);
  const folder = await claimRun(options.out, settings.trainPath);
  const run = { folder: folder.path, ...own };
  const train: TrainingRun['train'] = (callbacks, onNetwork) => {
    onNetwork(network);
    return network.train(data.samples, { ...whole, run, elsewhere, ...callbacks });
  };
  await follow(
    { train, ...data, path: folder.path, imagesPerEpoch, ...amount, report: options.report, pca: options.pca },
    settings,
    terminal,
    folder,
  );
}

/** Resumes a run. */
export async function resumeRun(
  settings: TrainingSettings,
  { run, changes }: Extract<NetworkSettings, { run: unknown }>,
  data: TrainingData,
  { options, engine, trainPath, args }: Invocation,
  terminal: Terminal,
): Promise<void> {
  const { resumeTraining } = await import('@ae/autoencoder');
  const { amount } = settings;
  const imagesPerEpoch = settings.imagesPerEpoch ?? data.samples.length;
  const { network: origin, from } = run.config;
  let trained: Autoencoder | undefined;
  const elsewhere = await elsewhereOf(options, data, () => trained as Autoencoder);
  const train: TrainingRun['train'] = async (callbacks, onNetwork) => {
    const { history } = await resumeTraining(run, data.samples, {
      ...{ ...settings.options, ...amount, validation: data.validation, elsewhere, ...callbacks },
      network: { ...changes, inputShape: inputShapeOf(data.samples, settings.crop) },
      run: runOptionsOf(trainPath, options, args),
      onNetwork: (network) => {
        trained = network;
        onNetwork(network);
        announce(
          network,
          from === undefined ? { ...origin, ...changes } : { from: path.join(run.folder, 'start') },
          amount.epochs,
          data,
          engine,
          terminal,
        );
      },
    });
    return history;
  };
  await follow(
    { train, ...data, path: run.folder, imagesPerEpoch, ...amount, report: options.report, pca: options.pca },
    settings,
    terminal,
  );
}

/** Trains and prints the results; removes the folder of a run that never got to contain anything. */
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

function runOptionsOf(
  trainPath: string | undefined,
  { val, split, from, ...flags }: TrainingFlags,
  args: readonly string[],
): Omit<RunOptions, 'folder' | 'resume'> {
  const validation = split ? trainPath : val;
  const given = givenValues(flags);
  return {
    ...(from !== undefined && { from: path.resolve(from) }),
    ...Object.fromEntries(Object.keys(runOptions).map((key) => [key, given.get(`run.${key}`)])),
    command: commandLine(args),
    // A resumed run keeps the names that are not given again.
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

/** Works out how many updates fit into the given time. */
async function planTime(
  minutes: number,
  create: () => Promise<Autoencoder>,
  samples: SampleDatabase,
  training: TrainOptions,
  imagesPerEpoch: number,
  terminal: Terminal,
): Promise<Amount> {
  terminal.status('measuring the speed ...');
  const { fitTime } = await import('@ae/autoencoder/runs');
  const fit = await fitTime(create, samples, training, { seconds: minutes * 60, imagesPerEpoch });
  terminal.status('');
  const { epochs, steps } = fit;
  const many = steps === undefined ? formatNumberOf(epochs, 'epoch') : formatNumberOf(steps, 'update');
  terminal.print(
    `${formatCount(Math.round(fit.imagesPerSecond))} images/s: ${many} in about ${formatDuration(fit.expectedMs)} ` +
      `(to repeat this run: ${amountFlags(fit).join(' ')})`,
  );
  return { epochs, steps, minutes };
}

function amountFlags({ epochs, steps }: Amount): readonly [flag: string, value: string] {
  return steps === undefined ? ['--epochs', String(epochs)] : ['--steps', String(steps)];
}

/** Replaces the time by the number of updates that was planned for it. */
function planned(args: readonly string[], { minutes }: TrainingFlags, amount: Amount): readonly string[] {
  return minutes === undefined ? args : replaceOption(args, '--minutes', amountFlags(amount));
}
