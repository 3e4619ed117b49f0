import { recipes } from '@ae/autoencoder/options';
import { type Command, CommanderError } from 'commander';
import { databaseOption, schemaOption } from '../data/database-option';
import { fitFlag, grayFlag, importHeading, resamplerFlag, resizeFlag } from '../data/fit-option';
import { lenientOption } from '../data/left-out';
import { backendOption, describeEngine, type EngineOptions, startEngine, threadsOption } from '../network/engine';
import { checkpointOption } from '../network/load-network';
import { nodeAdvice } from '../network/node-advice';
import { CliError } from '../shell/cli-error';
import { withLongFlags } from '../shell/command-line';
import { type CommonOptions, choiceOption, defineCommand } from '../shell/options';
import { formatNumberOf, Terminal } from '../shell/terminal';
import { beginRun, resumeRun, type TrainingFlags } from '../training/begin-or-resume';
import { configOption, readRepetition } from '../training/config-option';
import { understandDataSet } from '../training/data-set';
import { addFlags, setOption } from '../training/flag-options';
import { assertNewRun } from '../training/run-place';
import {
  checkTorchrunFlags,
  engineOf,
  handOverHelp,
  processesOption,
  restartsOption,
} from '../training/torchrun-flags';
import { openTrainingData, readFlagsOf, type TrainReadFlags } from '../training/training-data';
import { newSettings, resumedSettings } from '../training/training-settings';

type TrainCommandOptions = CommonOptions &
  Omit<EngineOptions, 'backend'> &
  TrainingFlags &
  TrainReadFlags & {
    readonly resume?: string;
    readonly config?: string;
    /** The values given with `--set`, by the names that flags would have. */
    readonly set?: Readonly<Record<string, unknown>>;
  };

export function trainCommand(): Command {
  const command = defineCommand('train', 'train an autoencoder on a folder of images, or on an LMDB')
    .argument(
      '[images]',
      "a folder of images or of class folders, or an LMDB such as ae import makes (default with --resume or --config: the run's images)",
    )
    .option(
      '--val <images>',
      'validation images, scored after each epoch and never trained on; or a fraction to hold out, such as 0.1',
    )
    .addOption(databaseOption())
    .addOption(databaseOption('the same as --database', '--val-database <name>'))
    .addOption(schemaOption())
    .addOption(lenientOption())
    .addOption(setOption())
    .optionsGroup('Run folder:')
    .option(
      '--out <folder>',
      'new folder for the run; the network is saved in <folder>/model (default: runs/<name>-<n>)',
    )
    .option('--resume <run>', 'continue a run from its last checkpoint, with the same options, or more --epochs')
    .addOption(configOption())
    .option('--from <place>', 'start from the weights of a run, a saved network or a checkpoint, with any options')
    .addOption(checkpointOption())
    .option('--no-report', 'skip report.html at the end, which takes up to a minute')
    .option('--no-pca', 'skip the comparison with PCA at the end');
  addFlags(command, 'Run folder:');
  command.option('--hand-over <folder>', handOverHelp);
  command
    .optionsGroup(importHeading)
    .addOption(resizeFlag('64'))
    .addOption(grayFlag())
    .addOption(fitFlag('squash'))
    .addOption(resamplerFlag('antialiased'))
    .optionsGroup('Training:')
    .addOption(
      choiceOption(
        '--recipe <name>',
        "defaults for the options below: ours, plain Adam, preset transform's, or the original Torch7 loop",
        [...Object.keys(recipes)],
      ),
    );
  for (const heading of ['Training:', 'Optimizer:', 'Learning rate:', 'Loss and images:', 'Stability:'])
    addFlags(command, heading);
  addFlags(command, 'Network:');
  return command
    .optionsGroup('Engine:')
    .addOption(backendOption('torchrun'))
    .addOption(threadsOption())
    .addOption(processesOption())
    .addOption(restartsOption())
    .action(runTrain);
}

async function runTrain(
  images: string | undefined,
  given: TrainCommandOptions,
  { options: known }: Command,
): Promise<void> {
  const said: TrainCommandOptions = { ...given, ...given.set };
  const terminal = new Terminal(said);
  checkTogether(images, said);
  checkTorchrunFlags(said);
  const repetition = said.config === undefined ? undefined : await readRepetition(said.config, images, said);
  const together: TrainCommandOptions = { ...said, ...repetition?.flags };
  const input = repetition?.input ?? images;
  const seed = together.seed ?? repetition?.config.seed ?? 0;
  const set = input === undefined ? undefined : understandDataSet(input, together.val, seed);
  const trainPath = set?.train;
  const options: TrainCommandOptions = set ? { ...together, val: set.val, split: set.split } : together;
  const { resume } = options;
  if (options.out !== undefined) await assertNewRun(options.out);
  const settings = resume
    ? await resumedSettings(resume, trainPath, options)
    : await newSettings(trainPath as string, options, repetition?.config);
  if (set?.said) terminal.warn(set.said);
  // Before the engine starts, because most mistakes are in the data.
  const data = await openTrainingData(settings, readFlagsOf(options, settings), terminal);
  const info = await startEngine(engineOf(options), terminal);
  const engine =
    options.backend === 'torchrun'
      ? { words: `torchrun, ${formatNumberOf(options.processes ?? 1, 'process', 'processes')}` }
      : { words: describeEngine(info), advice: nodeAdvice(info) };
  const args = [...withLongFlags(process.argv.slice(2), known), ...(repetition?.typed ?? [])];
  if ('run' in settings.network) {
    await resumeRun(settings, settings.network, data, { options, engine, trainPath, args }, terminal);
  } else {
    await beginRun(settings, settings.network, data, { options, engine, trainPath, args }, terminal);
  }
}

function checkTogether(
  trainPath: string | undefined,
  { resume, config, out, from, checkpoint, epochs, steps, minutes }: TrainCommandOptions,
): void {
  const refuse = (flag: string, other: string) => {
    throw new CliError('INVALID_OPTION', `--${flag} cannot be combined with --${other}; leave one out.`);
  };
  if (minutes !== undefined && epochs !== undefined) refuse('minutes', 'epochs');
  if (minutes !== undefined && steps !== undefined) refuse('minutes', 'steps');
  if (steps !== undefined && epochs !== undefined) refuse('steps', 'epochs');
  if (steps !== undefined && resume !== undefined) refuse('steps', 'resume');
  if (minutes !== undefined && resume !== undefined) refuse('minutes', 'resume');
  if (out !== undefined && resume !== undefined) refuse('out', 'resume');
  if (from !== undefined && resume !== undefined) refuse('from', 'resume');
  if (config !== undefined && resume !== undefined) refuse('config', 'resume');
  if (checkpoint !== undefined && from === undefined) {
    throw new CliError('INVALID_OPTION', '--checkpoint requires --from; name its run.');
  }
  if (trainPath === undefined && resume === undefined && config === undefined) {
    // In commander's words; only --resume and --config make the argument optional.
    throw new CommanderError(1, 'commander.missingArgument', "error: missing required argument 'images'");
  }
}
