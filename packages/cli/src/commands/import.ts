import { stat } from 'node:fs/promises';
import path from 'node:path';
import { isPattern } from '@ae/images/files';
import type { ConvertReport } from '@ae/lmdb-datum/convert';
import type { Command } from 'commander';
import { kindOfHead, sayMissing } from '../data/input-kind';
import { CliError } from '../shell/cli-error';
import { fitOption, type ImageOptions, maxPixelsOption, resamplerOption, workersOption } from '../shell/image-options';
import { inputsAndOutput } from '../shell/inputs-and-output';
import { interruptible } from '../shell/interruption';
import { optimizingLater } from '../shell/optimize-later';
import {
  type CommonOptions,
  choiceOption,
  defineCommand,
  type ImageSize,
  numberOption,
  parseSize,
} from '../shell/options';
import { placeOf, printNext } from '../shell/shard-folder';
import { type ShardFlag, shardOption } from '../shell/shard-option';
import { formatBar, formatCount, formatDuration, formatNumberOf, Terminal } from '../shell/terminal';

interface ImportOptions extends CommonOptions, ImageOptions, ShardFlag {
  readonly root?: string;
  readonly labels?: string;
  readonly resize?: ImageSize;
  readonly background?: string;
  readonly shuffle?: boolean;
  readonly seed: number;
  readonly checkSize?: boolean;
  readonly encoded?: boolean;
  readonly encodeType?: string;
  readonly resume?: boolean;
}

const namedAtMost = 10;
const classesAtMost = 20;

export function importCommand(): Command {
  return defineCommand('import', "import images into an LMDB, as Caffe's convert_imageset does")
    .usage('[options] <images...> <out.lmdb>')
    .argument(
      '<images...>',
      'a folder of images or of class folders, an archive (tar, tar.gz, zip, Parquet), a quoted pattern, several of these, or a list file with "name label" lines; then the LMDB folder to create',
    )
    .optionsGroup('Images:')
    .option('--resize <size>', 'resize all images to this size: 64, or height x width, such as 48x64', (text) =>
      parseSize('--resize', text),
    )
    .addOption(fitOption())
    .addOption(resamplerOption())
    .option('--gray', 'convert to gray: one channel instead of three')
    .option(
      '--background <color>',
      'color behind transparent pixels, #rrggbb (default: alpha is dropped, as in Caffe)',
      parseColor,
    )
    .option('--check-size', 'fail on the first image of a different size')
    .optionsGroup('Database:')
    .option('--root <folder>', "folder that the names in the list are relative to (default: the list's folder)")
    .option(
      '--labels <kind>',
      'labels in the list: numbers, class names, or the labels.txt of an earlier import (default: numbers)',
    )
    .option('--shuffle', 'store images in random order (default: sorted by name, or as listed)')
    .addOption(
      numberOption('--seed <n>', 'seed for the random order', { min: 0, max: 2 ** 32 - 1, integer: true }).default(0),
    )
    .option('--encoded', 'store image files instead of raw pixels')
    .addOption(choiceOption('--encode-type <type>', 'store image files of this type', ['jpg', 'png', 'webp']))
    .optionsGroup('Work:')
    .option('--resume', 'keep finished work if interrupted; running the same command again resumes it')
    .addOption(shardOption())
    .addOption(workersOption())
    .addOption(maxPixelsOption())
    .action(runImport);
}

function parseColor(text: string): string {
  if (/^#[0-9a-f]{6}$/i.test(text)) return text;
  throw new CliError('INVALID_OPTION', `--background: expected a color such as "#ffffff", received "${text}".`);
}

async function runImport(places: readonly string[], options: ImportOptions): Promise<void> {
  const terminal = new Terminal(options);
  const { inputs: images, output } = inputsAndOutput('import', places, 'out.lmdb');
  // Loads faster than the whole package.
  const { convertImageset, prepareConvert, startConvertThreads } = await import('@ae/lmdb-datum/convert');
  const threads = startConvertThreads();
  await prepareConvert();
  const { root, resize, shuffle, seed, json, verbose, ...same } = options;
  const source = await findSource(images, root);
  if (options.labels !== undefined && source.list === undefined) {
    throw new CliError(
      'INVALID_OPTION',
      '--labels requires a list file, but a folder was given; its subfolders are the classes.',
    );
  }
  const left = options.resume ? 'run the same command to resume' : `${placeOf(output, options.shard)} was not created`;
  await interruptible(terminal, `interrupted; ${left}.`, async (signal) => {
    const importing = (begin: () => void) =>
      convertImageset({
        ...same,
        ...source,
        output,
        ...(resize && { resizeHeight: resize.height, resizeWidth: resize.width }),
        shuffle: shuffle ? seed : false,
        signal,
        onProgress: ({ done, total, imagesPerSecond }) => {
          begin();
          const rate = `${Math.round(imagesPerSecond)} images/s`;
          terminal.status(`importing ${formatBar(done / total)} ${formatCount(done)}/${formatCount(total)}  ${rate}`);
        },
      });
    const report = await optimizingLater(importing, threads);
    terminal.status('');
    // Image files are stored unchanged, so they may be gray or still unrotated, while the report is about pixels.
    const isEncoded = options.encoded || options.encodeType !== undefined;
    const size = isEncoded && report.records > 0 ? await sizeOfRecords(report.output) : report.size;
    printReport({ ...report, size }, terminal, resize !== undefined);
    if (options.shard) printNext(output, options.shard, terminal);
  });
}

/** Tells images from a list of images. */
async function findSource(
  places: readonly string[],
  root?: string,
): Promise<{ input: string | string[]; list?: string }> {
  const [images] = places;
  if (places.length > 1 || isPattern(images)) {
    if (root === undefined) return { input: [...places] };
    throw new CliError('INVALID_OPTION', '--root requires a list file; leave --root out.');
  }
  const found = await stat(images).catch((cause) => {
    if (cause.code !== 'ENOENT') throw cause;
    const said = sayMissing(images, 'name a folder of images, an archive, or a list file');
    throw new CliError('NOT_READABLE', said, { cause });
  });
  const isList = found.isFile() && kindOfHead(images) === undefined;
  if (!found.isDirectory() && (isList || root !== undefined || !found.isFile()))
    return { input: root ?? path.dirname(images), list: images };
  if (root === undefined) return { input: images };
  throw new CliError('INVALID_OPTION', '--root requires a list file, but a folder was given; leave --root out.');
}

/** The size of the records, if all have the same. */
async function sizeOfRecords(database: string): Promise<string | undefined> {
  const { openDatabase } = await import('../data/open-database');
  const { summarizeRecords } = await import('../data/record-summary');
  const reader = await openDatabase(database);
  try {
    const { sizes } = await summarizeRecords(reader);
    return sizes.length === 1 ? sizes[0].size : undefined;
  } finally {
    reader.close();
  }
}

function printReport(report: ConvertReport, terminal: Terminal, resized: boolean): void {
  const { output, records, skipped, size, ignored, classes = [], elapsedMs, wasComplete } = report;
  terminal.event(report);
  if (terminal.json) return;
  const each = size ? ` of ${size}` : '';
  const when = wasComplete ? ', already complete; nothing to do' : ` in ${formatDuration(elapsedMs)}`;
  terminal.print(`${output}: ${formatNumberOf(records, 'image')}${each}${when}`);
  if (classes.length > 1) {
    const names = classes.slice(0, classesAtMost).map(({ name, label }) => `${label} ${name}`);
    const more = classes.length - names.length;
    terminal.print(
      `classes: ${names.join(', ')}${more > 0 ? ` and ${formatCount(more)} more (listed by --json)` : ''}`,
    );
  }
  if (skipped.length > 0) {
    terminal.print(`skipped ${formatNumberOf(skipped.length, 'image')} that cannot be read:`);
    for (const { reason } of skipped.slice(0, namedAtMost)) terminal.print(`  ${reason}`);
    if (skipped.length > namedAtMost) {
      terminal.print(`  and ${formatCount(skipped.length - namedAtMost)} more (listed by --json)`);
    }
  }
  if (ignored.length > 0) {
    const more = ignored.length > 3 ? ', ...' : '';
    const what = formatNumberOf(ignored.length, 'file or folder', 'files and folders');
    terminal.print(`ignored ${what}: ${ignored.slice(0, 3).join(', ')}${more}`);
  }
  if (report.labelsFile) terminal.print(`class names: ${report.labelsFile}`);
  for (const warning of report.warnings) terminal.warn(warning);
  if (!resized && !size && records > 0) {
    terminal.warn(
      'the images have different sizes, but a network takes only one; to train, import them with --resize, such as --resize 64.',
    );
  }
}
