import { rmdir } from 'node:fs/promises';
import path from 'node:path';
import type { Codes } from '@ae/autoencoder/codes';
import { rename } from '@ae/ground/rename';
import type { Command } from 'commander';
import { printLeftOut } from '../data/left-out';
import { loadNetworkFor } from '../network/load-network';
import { addNetworkInput, type NetworkInputOptions } from '../network/network-input';
import { interruptible } from '../shell/interruption';
import { type CommonOptions, defineCommand, numberOption } from '../shell/options';
import { assertNew, claimFolder, fillFolder } from '../shell/output-folder';
import { branch } from '../shell/stream-branches';
import { formatBar, formatCount, formatNumberOf, formatRows, style, Terminal } from '../shell/terminal';

interface EncodeCommandOptions extends CommonOptions, NetworkInputOptions {
  readonly batchSize: number;
}

export function encodeCommand(): Command {
  const command = defineCommand('encode', "write the codes of an LMDB's images, for NumPy and as Parquet")
    .argument('<model>', 'folder of a run or of a saved network')
    .argument(
      '<images>',
      "an LMDB of images of the network's size (for one of preset transform, of any), or a folder of images",
    )
    .argument('<folder>', 'new folder for codes.npy, keys.npy, labels.npy and codes.parquet')
    .addOption(
      numberOption('--batch-size <n>', 'images a forward pass', { min: 1, max: 10_000, integer: true }).default(64),
    );
  return addNetworkInput(command).action(runEncode);
}

async function runEncode(
  modelPath: string,
  lmdbPath: string,
  target: string,
  options: EncodeCommandOptions,
): Promise<void> {
  const terminal = new Terminal(options);
  await assertNew(target);
  const { network, samples, model } = await loadNetworkFor(lmdbPath, modelPath, options, terminal);
  const folder = await claimFolder(target);
  const work = async (signal: AbortSignal) => {
    let count = 0;
    await fillFolder(folder, async (temporary) => {
      const codes = network.encodeBatches(samples, {
        batchSize: options.batchSize,
        signal,
        onProgress: (done, total) =>
          terminal.status(`encoding ${formatBar(done / total)} ${formatCount(done)}/${formatCount(total)}`),
      });
      count = await writeCodes(codes, temporary, samples.isMixed);
    });
    terminal.status('');
    const { codeNumbers, codeShape } = network.sizesOf([samples.shape[0], samples.shape[1]]);
    const size = samples.isMixed ? {} : { codeSize: codeNumbers };
    const shape = network.takesAnySize ? { codeShape: samples.isMixed ? [null, null, codeShape[2]] : codeShape } : {};
    terminal.event({ folder: target, model, data: lmdbPath, count, ...size, ...shape, leftOut: samples.leftOut });
    const numbers = samples.isMixed
      ? `${formatNumberOf(codeShape[2], 'number')} for each block of an image`
      : formatNumberOf(codeNumbers, 'number');
    const image = network.takesAnySize && !samples.isMixed ? `, ${codeShape.join('x')}` : '';
    terminal.print(`${style('bold', target)}: ${formatNumberOf(count, 'code')} of ${numbers}${image}`);
    const arrays = samples.isMixed
      ? `float32 [blocks of all images, ${codeShape[2]}]; shapes.npy: rows and columns of blocks, height and width of each image`
      : `float32 [${count}, ${codeNumbers}]`;
    terminal.print(
      formatRows([
        ['codes.npy', `${arrays}; keys.npy and labels.npy say whose`],
        ['codes.parquet', 'columns key, label, code'],
      ]),
    );
    printLeftOut([samples], terminal);
  };
  await interruptible(terminal, 'stopped as asked; nothing was written.', work, folder);
}

/** Writes codes in both forms while they come, so that images are encoded once and need not fit into memory. */
async function writeCodes(codes: AsyncIterable<Codes>, folder: string, byBlocks: boolean): Promise<number> {
  const { writeCodesNpy, writeCodesParquet } = await import('@ae/autoencoder/codes');
  const [first, second] = branch(codes);
  const arrays = path.join(folder, 'arrays');
  const outcomes = await Promise.allSettled([
    writeCodesNpy(first, arrays, { byBlocks }),
    writeCodesParquet(second, path.join(folder, 'codes.parquet')),
  ]);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  for (const name of ['codes.npy', 'keys.npy', 'labels.npy', ...(byBlocks ? ['shapes.npy'] : [])]) {
    await rename(path.join(arrays, name), path.join(folder, name));
  }
  await rmdir(arrays);
  return (outcomes[0] as PromiseFulfilledResult<number>).value;
}
