import { statSync } from 'node:fs';
import path from 'node:path';
import type { Autoencoder, PixelFormat } from '@ae/autoencoder';
import { networkOptions } from '@ae/autoencoder/options';
import type { Command } from 'commander';
import { startEngine } from '../network/engine';
import { checkFormatOptions, flagOf, formatOf, importFormats } from '../network/model-formats';
import { CliError } from '../shell/cli-error';
import {
  type CommonOptions,
  choiceOption,
  defineCommand,
  type ImageSize,
  numberOption,
  parseSize,
} from '../shell/options';
import { assertNew } from '../shell/output-folder';
import { formatCount, formatRows, style, Terminal } from '../shell/terminal';

interface ImportModelOptions extends CommonOptions, NetworkFlags {
  readonly format?: string;
}

/** What a file may leave unsaid about its network. */
interface NetworkFlags {
  readonly size?: ImageSize;
  readonly pixelScale?: number;
  readonly channelOrder?: PixelFormat['channelOrder'];
  readonly preset?: keyof typeof networkOptions.preset.words;
  readonly codeSize?: number;
  readonly coefficients?: number;
  readonly zones?: number;
  readonly variational?: boolean;
}

export function importModelCommand(): Command {
  return defineCommand('import-model', 'import a network from another program')
    .argument(
      '<file>',
      'a PyTorch (.safetensors), Torch7 (.t7) or Keras (.keras) file, or the folder of a TensorFlow.js LayersModel',
    )
    .argument('<out>', 'new folder')
    .addOption(
      choiceOption(
        '--format <name>',
        'format of the file (default: from its extension)',
        importFormats.map(({ name }) => name),
      ),
    )
    .option('--size <size>', 'height and width of the images, such as 64 or 48x64, if the file does not say', (text) =>
      parseSize('--size', text),
    )
    .addOption(
      numberOption(
        '--pixel-scale <n>',
        'factor that bytes are multiplied by (default: from the file; else 1/256 for Torch7, 1/255 for others)',
        {
          min: 0,
          exclusiveMin: true,
        },
      ),
    )
    .addOption(
      choiceOption(
        '--channel-order <name>',
        'channel order of the network (default: from the file; else bgr for Torch7, rgb for others)',
        [...['rgb', 'bgr']],
      ),
    )
    .addOption(
      choiceOption(
        '--preset <name>',
        'architecture that the weights belong to, if the file does not say (PyTorch)',
        Object.keys(networkOptions.preset.words),
      ),
    )
    .addOption(
      numberOption('--code-size <n>', 'numbers in the code (PyTorch, with --preset)', { min: 1, integer: true }),
    )
    .addOption(
      numberOption(
        '--coefficients <n>',
        'cosine coefficients of a block that the code can hold (PyTorch, with --preset transform)',
        {
          min: 1,
          integer: true,
        },
      ),
    )
    .addOption(
      numberOption('--zones <n>', 'sets of coefficients that blocks choose from (PyTorch, with --preset transform)', {
        ...{ min: 1, max: 256 },
        integer: true,
      }),
    )
    .option('--variational', 'the code is a distribution (PyTorch, with --preset)')
    .action(runImportModel);
}

async function runImportModel(file: string, output: string, options: ImportModelOptions): Promise<void> {
  const terminal = new Terminal(options);
  const { format: wanted, json: _, verbose: __, ...flags } = options;
  const format = formatOf(importFormats, isFolder(file) ? path.join(file, 'model.json') : file, wanted);
  checkFormatOptions(format, importFormats, { ...flags });
  await assertNew(output);
  await startEngine({ backend: 'wasm', threads: 1 }, terminal);
  terminal.status(`reading ${file} ...`);
  const network = await readers[format.name](file, flags);
  try {
    for (const warning of network.warnings) terminal.warn(`${file}: ${warning}.`);
    await network.save(output);
    terminal.status('');
    report(terminal, network, { output, file, format: format.name, title: format.title });
  } finally {
    network.dispose();
  }
}

type Reader = (file: string, flags: NetworkFlags) => Promise<Autoencoder>;

/** By format name. */
const readers: Readonly<Record<(typeof importFormats)[number]['name'], Reader>> = {
  async pytorch(file, flags) {
    const { importPyTorch } = await import('@ae/autoencoder/interchange');
    const { preset, size = { height: 64, width: 64 }, codeSize, coefficients, zones, variational } = flags;
    if (preset === undefined) {
      const needing = (
        ['size', 'codeSize', 'coefficients', 'zones', 'variational', 'pixelScale', 'channelOrder'] as const
      ).find((key) => flags[key] !== undefined);
      if (needing)
        throw new CliError(
          'INVALID_OPTION',
          `${flagOf(needing)} requires --preset; add it, or leave ${flagOf(needing)} out.`,
        );
      return importPyTorch(file);
    }
    const inputShape = [size.height, size.width, 3] as const;
    const network = { preset, inputShape, codeSize, coefficients, zones, variational, pixels: pixelsOf(flags) };
    return importPyTorch(file, { network });
  },
  async torch7(file, flags) {
    const { importTorch7 } = await import('@ae/autoencoder/interchange');
    const { size } = flags;
    const pixels = { channelOrder: 'bgr' as const, ...pixelsOf(flags) };
    return importTorch7(file, { size: size && [size.height, size.width], pixels });
  },
  async keras(file, flags) {
    const { importKeras } = await import('@ae/autoencoder/interchange');
    return importKeras(file, { pixels: pixelsOf(flags) });
  },
  async tfjs(file, flags) {
    const { importTfjs } = await import('@ae/autoencoder/interchange');
    return importTfjs(isFolder(file) ? file : path.dirname(file), { pixels: pixelsOf(flags) });
  },
};

function isFolder(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function pixelsOf({ pixelScale: scale, channelOrder }: NetworkFlags): Partial<PixelFormat> {
  return { ...(scale !== undefined && { scale }), ...(channelOrder && { channelOrder }) };
}

function report(
  terminal: Terminal,
  { inputShape, codeSize, pixels, weightCount }: Autoencoder,
  { title, ...event }: { output: string; file: string; format: string; title: string },
): void {
  terminal.event({ ...event, inputShape, codeSize, pixels });
  const [height, width, channels] = inputShape;
  terminal.print(`${style('bold', event.output)}: the network of ${event.file}, from ${title}`);
  terminal.print(
    formatRows([
      ['images', `${height}x${width}, ${channels} ${channels === 1 ? 'channel' : 'channels'}`],
      ['code', `${codeSize} numbers`],
      ['weights', formatCount(weightCount.all)],
      ['pixels', `bytes times ${pixels.scale}${channels >= 3 ? `, ${pixels.channelOrder}` : ''}`],
    ]),
  );
}
