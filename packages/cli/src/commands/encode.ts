import type { Command } from 'commander';
import { printLeftOut } from '../data/left-out';
import { writeCodes } from '../network/code-files';
import { type CodeSummary, encodeShard } from '../network/code-shards';
import { type LoadedNetwork, loadNetworkFor } from '../network/load-network';
import { addNetworkInput, type NetworkInputOptions } from '../network/network-input';
import { interruptible } from '../shell/interruption';
import { type CommonOptions, defineCommand, numberOption } from '../shell/options';
import { assertNew, claimFolder, fillFolder } from '../shell/output-folder';
import { printNext } from '../shell/shard-folder';
import { type ShardFlag, shardOption } from '../shell/shard-option';
import { formatBar, formatCount, formatNumberOf, formatRows, style, Terminal } from '../shell/terminal';

interface EncodeCommandOptions extends CommonOptions, NetworkInputOptions, ShardFlag {
  readonly batchSize: number;
}

export function encodeCommand(): Command {
  const command = defineCommand('encode', 'encode images, and save their codes for NumPy and as Parquet')
    .argument('<model>', 'folder of a run or a saved network')
    .argument(
      '<images>',
      "an LMDB of images of the network's size (any size for preset transform), or a folder of images",
    )
    .argument('<folder>', 'new folder for codes.npy, keys.npy, labels.npy and codes.parquet')
    .addOption(
      numberOption('--batch-size <n>', 'images per forward pass', { min: 1, max: 10_000, integer: true }).default(64),
    )
    .addOption(shardOption());
  return addNetworkInput(command).action(runEncode);
}

async function runEncode(
  modelPath: string,
  lmdbPath: string,
  target: string,
  options: EncodeCommandOptions,
): Promise<void> {
  const terminal = new Terminal(options);
  const { batchSize, shard, lenient } = options;
  // A shard gets its own name.
  if (!shard) await assertNew(target);
  const loaded = await loadNetworkFor(lmdbPath, modelPath, options, terminal);
  const { network, samples } = loaded;
  const onProgress = (done: number, total: number) =>
    terminal.status(`encoding ${formatBar(done / total)} ${formatCount(done)}/${formatCount(total)}`);
  const summaryOf = (count: number) => summarize(loaded, lmdbPath, count);
  const stopped = 'interrupted; nothing was written.';
  if (shard) {
    await interruptible(terminal, stopped, async (signal) => {
      const part = { shard, batchSize, lenient };
      const made = await encodeShard(loaded, target, part, summaryOf, { signal, onProgress });
      terminal.status('');
      printCodes(made.folder, made.result, terminal, made.wasComplete);
      printLeftOut([samples], terminal);
      printNext(target, shard, terminal);
    });
    return;
  }
  const folder = await claimFolder(target);
  const work = async (signal: AbortSignal) => {
    let count = 0;
    await fillFolder(folder, async (temporary) => {
      count = await writeCodes(
        network.encodeBatches(samples, { batchSize, signal, onProgress }),
        temporary,
        samples.isMixed,
      );
    });
    terminal.status('');
    printCodes(target, summaryOf(count), terminal);
    printLeftOut([samples], terminal);
  };
  await interruptible(terminal, stopped, work, folder);
}

function summarize({ network, samples, model }: LoadedNetwork, data: string, count: number): CodeSummary {
  const { codeNumbers, codeShape } = network.sizesOf([samples.shape[0], samples.shape[1]]);
  const size = samples.isMixed ? {} : { codeSize: codeNumbers };
  const shape = network.takesAnySize ? { codeShape: samples.isMixed ? [null, null, codeShape[2]] : codeShape } : {};
  return { model, data, count, ...size, ...shape, leftOut: samples.leftOut };
}

/** Prints what a folder of codes contains. */
export function printCodes(folder: string, summary: CodeSummary, terminal: Terminal, wasComplete = false): void {
  const { count, codeSize, codeShape = [] } = summary;
  terminal.event({ folder, ...summary, ...(wasComplete && { wasComplete }) });
  const [, , blockNumbers] = codeShape;
  const numbers =
    codeSize === undefined
      ? `${formatNumberOf(blockNumbers as number, 'number')} per block of an image`
      : formatNumberOf(codeSize, 'number');
  const image = codeSize !== undefined && codeShape.length > 0 ? `, ${codeShape.join('x')}` : '';
  const when = wasComplete ? ', already complete; nothing to do' : '';
  terminal.print(`${style('bold', folder)}: ${formatNumberOf(count, 'code')} of ${numbers}${image}${when}`);
  if (count === 0) return;
  const arrays =
    codeSize === undefined
      ? `float32 [blocks of all images, ${blockNumbers}]; shapes.npy: each image's rows and columns of blocks, its height and its width`
      : `float32 [${count}, ${codeSize}]`;
  terminal.print(
    formatRows([
      ['codes.npy', `${arrays}; keys.npy and labels.npy name the images`],
      ['codes.parquet', 'columns key, label, code'],
    ]),
  );
}
