import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Autoencoder, MaskMode } from '@ae/autoencoder';
import { RecordNames } from '@ae/images/files';
import { drawGrid, encodePng, type RgbImage, toRgbImage } from '@ae/images/png';
import type { Sample } from '@ae/lmdb-datum';
import type { Command } from 'commander';
import { formatSize } from '../data/image-sizes';
import { printLeftOut } from '../data/left-out';
import type { SampleDatabase } from '../data/sample-database';
import { loadNetworkFor } from '../network/load-network';
import { addNetworkInput, type NetworkInputOptions } from '../network/network-input';
import { CliError } from '../shell/cli-error';
import { interruptible } from '../shell/interruption';
import { type CommonOptions, choiceOption, defineCommand, numberOption } from '../shell/options';
import { assertNew, claimFolder, fillFolder, writeNewFile } from '../shell/output-folder';
import { formatBar, formatCount, formatNumberOf, style, Terminal } from '../shell/terminal';

interface ReconstructOptions extends CommonOptions, NetworkInputOptions {
  readonly batchSize: number;
  readonly sideBySide?: boolean;
  readonly masks: MaskMode;
}

export function reconstructCommand(): Command {
  const command = defineCommand('reconstruct', 'reconstruct one image to a PNG file, or many to a folder')
    .argument('<model>', 'folder of a run or a saved network')
    .argument('<images>', 'an image, a folder of images, or an LMDB')
    .argument('<out>', 'for one image, a new .png file; for several, a new folder of PNG files with the same names')
    .option('--side-by-side', 'draw each image beside its reconstruction')
    .addOption(
      choiceOption(
        '--masks <whose>',
        "each image's own masks, or fixed masks, which carry no information, to see what the code alone holds",
        ['own', 'fixed'],
      ).default('own'),
    )
    .addOption(
      numberOption('--batch-size <n>', 'images per forward pass', { min: 1, max: 10_000, integer: true }).default(16),
    );
  return addNetworkInput(command).action(runReconstruct);
}

async function runReconstruct(
  modelPath: string,
  input: string,
  output: string,
  options: ReconstructOptions,
): Promise<void> {
  const terminal = new Terminal(options);
  await assertNew(output);
  const { network, samples, model } = await loadNetworkFor(input, modelPath, options, terminal);
  const isFile = /\.png$/i.test(output);
  if (isFile && samples.length > 1) {
    throw new CliError(
      'INVALID_OPTION',
      `${output}: expected the name of a new folder for ${formatNumberOf(samples.length, 'image')}, received that of a file; leave out .png.`,
    );
  }
  const tell = (count: number) => {
    const size = samples.isMixed ? undefined : formatSize(sizeOf(samples));
    terminal.event({ output, model, data: input, count, ...(size && { size }), leftOut: samples.leftOut });
    terminal.print(
      `${style('bold', output)}: ${formatNumberOf(count, 'reconstruction')}${size ? ` of ${size}` : ''}` +
        (network.takesAnySize ? '' : ", the network's size"),
    );
    printLeftOut([samples], terminal);
  };
  if (isFile) {
    for await (const { picture } of reconstructAll(network, samples, options)) {
      await writeNewFile(output, encodePng(picture));
    }
    tell(1);
    return;
  }
  const folder = await claimFolder(output);
  const work = async (signal: AbortSignal) => {
    await fillFolder(folder, async (temporary) => {
      const names = new RecordNames('key');
      for await (const {
        index,
        input: { key = '', label },
        picture,
      } of reconstructAll(network, samples, options)) {
        signal.throwIfAborted();
        const name = names.nameOf({ index, key: key.replace(/\.\w+$/, ''), label }, 'png');
        const file = path.join(temporary, ...name.split('/'));
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, encodePng(picture), { flag: 'wx' });
        terminal.status(
          `reconstructing ${formatBar((index + 1) / samples.length)} ${formatCount(index + 1)}/${formatCount(samples.length)}`,
        );
      }
    });
    terminal.status('');
    tell(samples.length);
  };
  await interruptible(terminal, 'interrupted; nothing was written.', work, folder);
}

function sizeOf({ shape: [height, width, channels] }: SampleDatabase) {
  return { channels, height, width };
}

interface Reconstruction {
  readonly index: number;
  readonly input: Sample;
  readonly picture: RgbImage;
}

/** Reconstructs all images, one batch at a time. */
async function* reconstructAll(
  network: Autoencoder,
  samples: SampleDatabase,
  { batchSize, masks, sideBySide }: ReconstructOptions,
): AsyncGenerator<Reconstruction> {
  for (let start = 0; start < samples.length; start += batchSize) {
    const inputs: Sample[] = [];
    const end = Math.min(samples.length, start + batchSize);
    for (let index = start; index < end; index++) inputs.push((await samples.at(index)) as Sample);
    const outputs = await network.reconstruct(inputs, { masks });
    for (const [i, output] of outputs.entries()) {
      yield {
        index: start + i,
        input: inputs[i],
        picture: sideBySide ? drawGrid([[[inputs[i], output]]], { scale: 1 }) : toRgbImage(output),
      };
    }
  }
}
