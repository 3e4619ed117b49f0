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
  return defineCommand('resize', 'make an LMDB of images of one size from an LMDB of any')
    .argument('<lmdb>', 'LMDB folder, or its data.mdb, of raw or encoded images; it stays as it is')
    .argument('<out.lmdb>', 'the LMDB folder to make, with the same keys and labels')
    .argument('<size>', 'of all its images: 64, or height x width as 48x64', (text) => parseSize('<size>', text))
    .addOption(databaseOption())
    .addOption(schemaOption())
    .addOption(fitOption())
    .addOption(resamplerOption())
    .option('--gray', 'one gray channel instead of three colors')
    .option('--lenient', 'leave out damaged records, and say how many')
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
      `${lmdb} contains no data.mdb, so it is no LMDB; if it holds images, import them in that size: ae import ${quote(lmdb)} ${quote(output)} --resize ${size}.`,
    );
  }
  const { resizeDatabase } = await import('@ae/lmdb-datum');
  const { database, schema, fit, resampler, gray, lenient, workers, maxPixels, shard } = options;
  await interruptible(terminal, `stopped as asked; ${placeOf(output, options.shard)} was not made.`, async (signal) => {
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
  const when = wasComplete ? ', complete before: nothing was done' : ` in ${formatDuration(elapsedMs)}`;
  terminal.print(`${style('bold', output)}: ${count}${when}`);
  if (damage.length === 0) return;
  terminal.print(leftOut(damage.map(({ message }) => message)));
}
