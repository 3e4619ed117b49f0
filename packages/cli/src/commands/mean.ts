import type { Command } from 'commander';
import { type DatabaseFlag, databaseOption, schemaOption } from '../data/database-option';
import { fitFlag, grayFlag, type ImportFlags, importHeading, resamplerFlag, resizeFlag } from '../data/fit-option';
import { formatSize } from '../data/image-sizes';
import { emptyDatabase, openDatabase } from '../data/open-database';
import { importWish, usualSize } from '../data/run-images';
import { maxPixelsOption } from '../shell/image-options';
import { interruptible } from '../shell/interruption';
import { type CommonOptions, defineCommand } from '../shell/options';
import { assertNew, writeNewFile } from '../shell/output-folder';
import { formatBar, formatCount, formatNumberOf, formatRows, style, Terminal } from '../shell/terminal';

export function meanCommand(): Command {
  return defineCommand('mean', "compute the mean of an LMDB's images, as Caffe's compute_image_mean does")
    .argument('<images>', 'an LMDB of images of one size, or a folder of images')
    .argument('<out.binaryproto>', 'new file, in the format that Caffe reads')
    .addOption(databaseOption())
    .addOption(schemaOption())
    .addOption(maxPixelsOption())
    .optionsGroup(importHeading)
    .addOption(resizeFlag('64'))
    .addOption(grayFlag())
    .addOption(fitFlag('squash'))
    .addOption(resamplerFlag('antialiased'))
    .action(runMean);
}

interface MeanCommandOptions extends CommonOptions, DatabaseFlag, ImportFlags {
  readonly maxPixels?: number;
}

async function runMean(path: string, output: string, options: MeanCommandOptions): Promise<void> {
  const terminal = new Terminal(options);
  await assertNew(output);
  const { database, schema, maxPixels, resize = usualSize, gray, fit, resampler } = options;
  const wish = importWish({ size: resize, gray, fit, resampler });
  const reader = await openDatabase(path, { database, schema, maxPixels }, { wish, terminal });
  const work = async (signal: AbortSignal) => {
    if (reader.length === 0) throw emptyDatabase(path);
    const { channelMeans, computeMean, encodeMean } = await import('@ae/lmdb-datum');
    const mean = await computeMean(reader, {
      signal,
      onProgress: ({ done, total }) =>
        terminal.status(`adding up ${formatBar(done / total)} ${formatCount(done)}/${formatCount(total)}`),
    });
    terminal.status('');
    await writeNewFile(output, encodeMean(mean));
    const { channels, height, width } = mean;
    const means = { bgr: channelMeans(mean, 'bgr'), rgb: channelMeans(mean, 'rgb') };
    terminal.event({ output, count: reader.length, channels, height, width, channelMeans: means });
    terminal.print(
      `${style('bold', output)}: the mean of ${formatNumberOf(reader.length, 'image')} of ${formatSize(mean)}`,
    );
    const list = (values: readonly number[]) => values.map((value) => value.toFixed(4)).join(', ');
    // Feature maps may have thousands of channels; --json lists them all.
    const shortList = (values: readonly number[]) =>
      values.length <= 8
        ? list(values)
        : `${list(values.slice(0, 8))} ... (${formatNumberOf(values.length, 'channel')})`;
    terminal.print(
      formatRows(
        channels !== 3 && channels !== 4
          ? [['mean', shortList(means.bgr)]]
          : [
              ['blue, green, red', list(means.bgr)],
              ['red, green, blue', list(means.rgb)],
            ],
      ),
    );
  };
  try {
    await interruptible(terminal, `interrupted; ${output} was not created.`, work);
  } finally {
    reader.close();
  }
}
