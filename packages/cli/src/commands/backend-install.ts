import type { Command } from 'commander';
import { tensorflowCache } from '../data/cache-folder';
import { v8FlagsAllowed } from '../network/engine-environment';
import { CliError } from '../shell/cli-error';
import { addNotes } from '../shell/help-layout';
import { type CommonOptions, defineCommand } from '../shell/options';
import { formatDuration, formatRows, Terminal } from '../shell/terminal';

interface InstallOptions extends CommonOptions {
  readonly gpu?: boolean;
  readonly tensorflow?: string;
  readonly python?: string;
  readonly compiler?: string;
}

const installHelp = `
This downloads @tensorflow/tfjs-node (with --gpu: tfjs-node-gpu) from npm and
TensorFlow's libraries from its pip wheel (with --gpu: and the CUDA libraries
that it lists), links them, and trains a few steps to check that the results
match the reference. It requires Linux, Python 3 with pip, and a C++ compiler.
Everything goes into $AE_CACHE/tensorflow, by default ~/.cache/ae/tensorflow;
nothing else is installed. The files must match the checksums of the tested
versions or, with another --tensorflow version, those in pip's index. An
interrupted installation resumes where it stopped. Once it is complete,
--backend auto and --backend tensorflow find it automatically.`;

export function backendInstallCommand(): Command {
  const command = defineCommand('install', "install native TensorFlow for all of this user's projects")
    .argument('<engine>', 'what to install: tensorflow', parseEngine)
    .option('--gpu', 'for an NVIDIA GPU, with CUDA')
    .option('--tensorflow <version>', 'version of TensorFlow (default: the newest one tested)')
    .option('--python <program>', 'a Python 3 with pip (default: AE_PYTHON, or python3)')
    .option('--compiler <program>', 'a C++ compiler (default: CXX, or c++)')
    .action((_engine: string, options: InstallOptions) => install(options));
  return addNotes(command, installHelp);
}

function parseEngine(text: string): string {
  if (text === 'tensorflow') return text;
  throw new CliError('INVALID_OPTION', `<engine>: expected tensorflow, received "${text}".`);
}

async function install({ gpu, tensorflow, python, compiler, ...options }: InstallOptions): Promise<void> {
  const terminal = new Terminal(options);
  const start = performance.now();
  const { installTensorflow } = await import('@ae/autoencoder/native');
  const installation = await installTensorflow({
    ...{ gpu, tensorflow, cacheFolder: tensorflowCache(), v8Flags: v8FlagsAllowed() },
    ...{ python: python ?? process.env.AE_PYTHON, compiler: compiler ?? process.env.CXX },
    onProgress: ({ step, detail }) => {
      terminal.status(`${detail} ...`);
      if (!terminal.isLive) terminal.print(`${step}: ${detail}`);
    },
  });
  terminal.status('');
  terminal.event({ ...installation, elapsedMs: performance.now() - start });
  terminal.print(`Installed TensorFlow ${installation.tensorflow} in ${formatDuration(performance.now() - start)}:`);
  const speeds = Object.entries(installation.imagesPerSecond);
  terminal.print(
    formatRows([
      ['folder', installation.folder],
      ['computes on', installation.gpu ? 'the GPU' : 'the CPU'],
      ['trains', speeds.map(([engine, speed]) => `${speed.toFixed(0)} images/s on ${engine}`).join(', ')],
    ]),
  );
  if (gpu && !installation.gpu)
    terminal.warn('TensorFlow found no GPU it can use; run nvidia-smi to check the driver.');
}

export function backendRemoveCommand(): Command {
  return defineCommand('remove', 'undo ae backend install').action(remove);
}

async function remove(options: CommonOptions): Promise<void> {
  const terminal = new Terminal(options);
  const { defaultTensorflowCache, removeTensorflow } = await import('@ae/autoencoder/native');
  const cacheFolder = tensorflowCache() ?? defaultTensorflowCache();
  const removed = await removeTensorflow({ cacheFolder });
  terminal.event({ removed, folder: cacheFolder });
  terminal.print(removed ? `Removed ${cacheFolder}.` : `Nothing is installed in ${cacheFolder}.`);
}
