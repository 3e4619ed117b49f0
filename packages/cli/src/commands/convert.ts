import type { ConvertDatabaseReport } from '@ae/lmdb-datum';
import type { Command } from 'commander';
import { type DatabaseFlag, databaseOption, schemaOption } from '../data/database-option';
import { inputsAndOutput } from '../shell/inputs-and-output';
import { interruptible } from '../shell/interruption';
import {
  type CommonOptions,
  choiceOption,
  defineCommand,
  FlagOption,
  numberOption,
  parseNumber,
} from '../shell/options';
import { printNext } from '../shell/shard-folder';
import { type ShardFlag, shardOption } from '../shell/shard-option';
import { formatBar, formatCount, formatDuration, formatNumberOf, leftOut, style, Terminal } from '../shell/terminal';

interface ConvertFlags extends CommonOptions, DatabaseFlag, ShardFlag {
  readonly to?: 'lmdb' | 'tar' | 'parquet' | 'folder';
  readonly shardImages?: number;
  readonly shardSize?: number;
  readonly lenient?: boolean;
}

export function convertCommand(): Command {
  return defineCommand('convert', 'convert images to another format, preserving image files, keys and labels')
    .usage('[options] <images...> <out>')
    .argument(
      '<images...>',
      'an LMDB, a folder of images, an archive (tar, tar.gz, zip, Parquet), a quoted pattern, or several of these; then the output: out.lmdb, out.tar (WebDataset), out.parquet (Hugging Face), or a folder',
    )
    .addOption(
      choiceOption('--to <format>', 'format of the output (default: from its name)', [
        'lmdb',
        'tar',
        'parquet',
        'folder',
      ]),
    )
    .addOption(databaseOption())
    .addOption(schemaOption())
    .addOption(
      numberOption(
        '--shard-images <n>',
        'split the output into tar or Parquet files of this many images: out-000000.tar ...',
        {
          min: 1,
          integer: true,
        },
      ),
    )
    .addOption(shardSizeOption())
    .option('--lenient', 'skip damaged images, and report how many')
    .addOption(shardOption())
    .action(runConvert);
}

function shardSizeOption(): FlagOption {
  const typedFor = new Map([['shardBytes', '--shard-size']]);
  const range = { min: 0, exclusiveMin: true };
  const help = 'split the output into tar or Parquet files of this many megabytes';
  const option = new FlagOption('--shard-size <MB>', help, { typedFor, ranges: [range] });
  return option.argParser((text) => parseNumber('--shard-size', text, range));
}

async function runConvert(places: readonly string[], options: ConvertFlags): Promise<void> {
  const terminal = new Terminal(options);
  const { inputs: input, output } = inputsAndOutput('convert', places, 'out');
  const { convertDatabase } = await import('@ae/lmdb-datum');
  const { to, database, schema, lenient, shardImages, shardSize, shard } = options;
  await interruptible(terminal, 'interrupted; nothing was written.', async (signal) => {
    const report = await convertDatabase({
      ...{ input, output, to, database, schema, lenient, shardImages, shard, signal },
      ...(shardSize !== undefined && { shardBytes: Math.ceil(shardSize * 1e6) }),
      onProgress: ({ done, total, elapsedMs }) => {
        const rate = `${Math.round((done / elapsedMs) * 1000)} images/s`;
        terminal.status(`converting ${formatBar(done / total)} ${formatCount(done)}/${formatCount(total)}  ${rate}`);
      },
    });
    terminal.status('');
    printReport(report, terminal);
    if (shard) printNext(output, shard, terminal);
  });
}

function printReport(report: ConvertDatabaseReport, terminal: Terminal): void {
  const { outputs, records, skipped, warnings, elapsedMs, wasComplete } = report;
  terminal.event(report);
  const [first, ...more] = outputs;
  const last = more.length > 0 ? ` to ${more.at(-1)} (${formatNumberOf(outputs.length, 'file')})` : '';
  const when = wasComplete ? ', already complete; nothing to do' : ` in ${formatDuration(elapsedMs)}`;
  terminal.print(`${style('bold', first)}${last}: ${formatNumberOf(records, 'image')}${when}`);
  if (skipped.length > 0) terminal.print(leftOut(skipped.map(({ reason }) => reason)));
  for (const warning of warnings) terminal.warn(warning);
}
