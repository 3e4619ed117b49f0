import type { ResizeReport } from '@ae/lmdb-datum';
import type { Command } from 'commander';
import { type DatabaseFlag, databaseOption, schemaOption } from '../data/database-option';
import { formatSize } from '../data/image-sizes';
import { kindOfInput } from '../data/input-kind';
import { CliError } from '../shell/cli-error';
import { quote } from '../shell/command-line';
import { fitOption, type ImageOptions, maxPixelsOption, resamplerOption, workersOption } from '../shell/image-options';
import { interruptible } from '../shell/interruption';
import { type CommonOptions, defineCommand, type ImageSize, parseSize } from '../shell/options';
import { placeOf, printNext } from '../shell/shard-folder';
import { type ShardFlag, shardOption } from '../shell/shard-option';
import { formatBar, formatCount, formatDuration, formatNumberOf, leftOut, style, Terminal } from '../shell/terminal';

interface ResizeOptions extends CommonOptions, ImageOptions, DatabaseFlag, ShardFlag {
  readonly lenient?: boolean;
}

export function resizeCommand(): Command {
  return defineCommand('resize', 'resize the images of an LMDB, and write them to a new one')
    .argument('<lmdb>', 'an LMDB folder, or its data.mdb, with raw or encoded images; it is left unchanged')
    .argument('<out.lmdb>', 'the LMDB folder to create, with the same keys and labels')
    .argument('<size>', 'new size of all images: 64, or height x width, such as 48x64', (text) =>
      parseSize('<size>', text),
    )
    .addOption(databaseOption())
    .addOption(schemaOption())
    .addOption(fitOption())
    .addOption(resamplerOption())
    .option('--gray', 'convert to gray: one channel instead of three')
    .option('--lenient', 'skip damaged records, and report how many')
    .addOption(workersOption())
    .addOption(maxPixelsOption())
    .addOption(shardOption())
    .action(runResize);
}

async function runResize(lmdb: string, output: string, size: ImageSize, options: ResizeOptions): Promise<void> {
  const { height, width } = size;
  const terminal = new Terminal(options);
  if (kindOfInput(lmdb) === 'images') {
    const size = `${height}x${width}`;
    throw new CliError(
      'NOT_LMDB',
      `${lmdb} is not an LMDB (it contains no data.mdb); if it contains images, import them at that size: ae import ${quote(lmdb)} ${quote(output)} --resize ${size}.`,
    );
  }
  const { resizeDatabase } = await import('@ae/lmdb-datum');
  const { database, schema, fit, resampler, gray, lenient, workers, maxPixels, shard } = options;
  await interruptible(terminal, `interrupted; ${placeOf(output, options.shard)} was not created.`, async (signal) => {
    const report = await resizeDatabase({
      input: lmdb,
      output,
      ...size,
      ...{ database, schema, fit, resampler, gray, lenient, workers, maxPixels, shard, signal },
      onProgress: ({ done, total, elapsedMs }) => {
        const rate = `${Math.round((done / elapsedMs) * 1000)} images/s`;
        terminal.status(`resizing ${formatBar(done / total)} ${formatCount(done)}/${formatCount(total)}  ${rate}`);
      },
    });
    terminal.status('');
    printReport(report, { channels: gray ? 1 : 3, ...size }, terminal);
    if (shard) printNext(output, shard, terminal);
  });
}

function printReport(
  report: ResizeReport,
  size: { channels: number; height: number; width: number },
  terminal: Terminal,
): void {
  const { output, records, damage, elapsedMs, wasComplete } = report;
  terminal.event(report);
  const count = `${formatNumberOf(records, 'image')} of ${formatSize(size)}`;
  const when = wasComplete ? ', already complete; nothing to do' : ` in ${formatDuration(elapsedMs)}`;
  terminal.print(`${style('bold', output)}: ${count}${when}`);
  if (damage.length === 0) return;
  terminal.print(leftOut(damage.map(({ message }) => message)));
}
