import { drawGrid, encodePng } from '@ae/images/png';
import type { DatabaseInfo, DatumReader, Sample } from '@ae/lmdb-datum';
import type { Command } from 'commander';
import { type DatabaseFlag, databaseOption, schemaOption } from '../data/database-option';
import { openDatabase } from '../data/open-database';
import { isRecordError } from '../data/record-damage';
import { type ClassOrder, type KeyOrder, spread } from '../data/record-order';
import { type RecordSummary, summarizeRecords } from '../data/record-summary';
import { importWish } from '../data/run-images';
import { CliError } from '../shell/cli-error';
import { type CommonOptions, defineCommand, numberOption } from '../shell/options';
import { assertNewImage, writeNewFile } from '../shell/output-folder';
import { formatBytes, formatCount, formatNumberOf, formatOthers, formatRows, style, Terminal } from '../shell/terminal';

interface InspectOptions extends CommonOptions, DatabaseFlag {
  readonly grid?: string;
  readonly samples: number;
  readonly scale: number;
  readonly all?: boolean;
}

const gridColumns = 8;

export function inspectCommand(): Command {
  return defineCommand('inspect', 'show what an LMDB or a folder of images contains')
    .argument('<images>', 'an LMDB, or a folder of images')
    .addOption(databaseOption())
    .addOption(schemaOption())
    .option('--all', 'examine every record, not just 20,000 evenly spread ones')
    .option('--grid <out.png>', 'also write a grid of sample images')
    .addOption(numberOption('--samples <n>', 'images in the grid', { min: 1, max: 4096, integer: true }).default(48))
    .addOption(
      numberOption('--scale <n>', 'factor to enlarge the images by', { min: 1, max: 16, integer: true }).default(2),
    )
    .action(runInspect);
}

async function runInspect(path: string, options: InspectOptions): Promise<void> {
  const terminal = new Terminal(options);
  if (options.grid) await assertNewImage(options.grid);
  const { database, schema } = options;
  // Images keep their own sizes, which are what inspect is asked about.
  const images = { wish: importWish({ encoded: true }), terminal };
  const reader = await openDatabase(path, { database, schema }, images);
  try {
    const { info } = reader;
    const names = options.database === undefined ? (info.databases ?? []) : [];
    if (names.length > 0 && names.length === info.count) {
      printNamed(path, reader, names, terminal);
      return;
    }
    const summary = await summarizeRecords(reader, options.all ? Number.POSITIVE_INFINITY : undefined);
    if (options.grid) await writeGrid(reader, options.grid, options, terminal);
    terminal.event({ ...info, ...summary, grid: options.grid });
    terminal.print(style('bold', path));
    const rows: [string, string][] = [
      ['format', `LMDB data format ${info.format}, pages of ${formatCount(info.pageSizeBytes)} bytes`],
      ['file', `${info.path}, ${formatBytes(info.fileSizeBytes)}`],
      ['records', `${formatCount(info.count)}${info.others ? `, and ${formatOthers(info.others)}` : ''}`],
    ];
    if (info.metaInfo) rows.push(['', describeMetaInfo(info.metaInfo, info.count)]);
    if (info.count > 0) {
      rows.push(...describeSchema(info.schema));
      const { keyOrder } = summary;
      rows.push(
        ['keys', `${info.firstKey} to ${info.lastKey}`],
        ['', keyOrders[keyOrder]],
        ...describeRecords(summary),
      );
    }
    if (summary.examined < info.count) {
      rows.push(['examined', `${formatNumberOf(summary.examined, 'record')}, evenly spread; --all examines every one`]);
    }
    if (options.grid) rows.push(['grid', options.grid]);
    terminal.print(formatRows(rows));
  } finally {
    reader.close();
  }
}

/** Lists the named databases of a file that contains nothing else. */
function printNamed(path: string, { info }: DatumReader, names: readonly string[], terminal: Terminal): void {
  terminal.event({ ...info, count: 0, databases: names });
  terminal.print(style('bold', path));
  terminal.print(
    formatRows([
      ['format', `LMDB data format ${info.format}, pages of ${formatCount(info.pageSizeBytes)} bytes`],
      ['file', `${info.path}, ${formatBytes(info.fileSizeBytes)}`],
      ['records', 'none in the unnamed database'],
      ['databases', `${names.join(', ')}; choose one with --database <name>`],
    ]),
  );
}

/** Says whether the text file that BasicSR puts beside a database lists as many images as the database has. */
function describeMetaInfo({ path, images }: NonNullable<DatabaseInfo['metaInfo']>, count: number): string {
  if (images === count) return `${path} lists the same number of images`;
  return `${path} lists ${formatCount(images)} images; ae verify lists the differences`;
}

const keyOrders: Record<KeyOrder, string> = {
  counted: 'numbered from 0 without gaps, as by convert_imageset',
  numbered: 'numbered, with gaps or repeats',
  unpadded: 'numbers without leading zeros: 10 comes before 2',
  names: 'in byte order',
};

const classOrders: Record<ClassOrder, string> = {
  none: 'one class',
  grouped: 'one class after another',
  mixed: 'classes mixed',
  partly: 'classes partly mixed',
};

function describeRecords({
  examined,
  sizes,
  encodings,
  labels,
  classOrder,
  texts,
  boxes,
  layouts,
  damaged,
}: RecordSummary): [string, string][] {
  const list = (entries: [name: string, count: number][]) => {
    if (entries.length === 1) return entries[0][0];
    const named = entries.slice(0, 5).map(([name, count]) => `${name} (${formatCount(count)})`);
    const more = entries.length > 5 ? `, and ${formatCount(entries.length - 5)} more` : '';
    return named.join(', ') + more;
  };
  const rows: [string, string][] = [];
  if (layouts.length > 0) {
    const strangers = layouts.reduce((sum, { count }) => sum + count, 0);
    const share =
      strangers === examined
        ? examined === 1
          ? 'the only record'
          : `all ${formatCount(examined)} records`
        : formatNumberOf(strangers, 'record');
    rows.push(
      ['no images', `${share}: ${list(layouts.map(({ layout, count }) => [layout, count]))}`],
      ['', 'if ae does not recognize them, name their format with --schema <name>'],
    );
  }
  if (sizes.length === 0) return [...rows, ...describeDamage(damaged)];
  rows.push(
    ['size', `${list(sizes.map(({ size, count }) => [size, count]))}, channels x height x width`],
    ['stored as', list(encodings.map(({ encoding, count }) => [encoding, count]))],
    ['labels', describeLabels(labels)],
  );
  if (labels.distinct > 1) rows.push(['', classOrders[classOrder]]);
  if (texts) rows.push(['texts', describeTexts(texts)]);
  if (boxes) rows.push(...describeBoxes(boxes));
  if (sizes.length > 1) rows.push(['', 'a network takes only one size; resize them with ae resize']);
  return [...rows, ...describeDamage(damaged)];
}

/** Names the schema, how it was detected, and the alternatives. */
function describeSchema({ name, title, told, variants }: DatabaseInfo['schema']): [string, string][] {
  const rows: [string, string][] = [['schema', `${name}: ${title}${told === 'named' ? '' : ` (${told})`}`]];
  if (!variants || variants.names.length < 2) return rows;
  const others = variants.names.filter((other) => other !== name);
  const more =
    others.length > 0
      ? `; --schema ${others.join(' or ')} ${others.length > 1 ? 'read the others' : 'reads the other'}`
      : '';
  return [...rows, ['', `${variants.chosen}${more}`]];
}

function describeTexts({ count, examples }: NonNullable<RecordSummary['texts']>): string {
  const quoted = examples.map((text) => JSON.stringify(text.length > 40 ? `${text.slice(0, 37)}...` : text));
  return `${formatNumberOf(count, 'image')} with one: ${quoted.join(', ')}${count > examples.length ? ' ...' : ''}`;
}

function describeBoxes({ count, images, labels, first }: NonNullable<RecordSummary['boxes']>): [string, string][] {
  const classes = labels.slice(0, 5).map(({ label, count: n }) => `${label} (${formatCount(n)})`);
  const all = `${formatNumberOf(count, 'box', 'boxes')} in ${formatNumberOf(images, 'image')}, with labels ${classes.join(', ')}`;
  const sides = [first.xmin, first.ymin, first.xmax, first.ymax].map((side) => Number(side.toFixed(4))).join(', ');
  return [
    ['boxes', `${all}${labels.length > 5 ? ' ...' : ''}`],
    ['', `the first: label ${first.label}, left, top, right, bottom at ${sides} of the image's size`],
  ];
}

function describeDamage(damaged: RecordSummary['damaged']): [string, string][] {
  if (damaged.length === 0) return [];
  const { key, reason } = damaged[0];
  return [['damaged', `${formatNumberOf(damaged.length, 'record')}; the first is ${key}: ${reason}`]];
}

function describeLabels({ distinct, min, max, without }: RecordSummary['labels']): string {
  if (distinct === 0) return 'none';
  const missing = without > 0 ? `; ${formatNumberOf(without, 'record')} without one` : '';
  return `${formatCount(distinct)} distinct, ${min} to ${max}${missing}`;
}

/** Writes evenly spread sample images in rows of eight. */
async function writeGrid(
  reader: DatumReader,
  file: string,
  options: InspectOptions,
  terminal: Terminal,
): Promise<void> {
  const samples: Sample[] = [];
  let damaged = 0;
  for (const index of spread(reader.length, options.samples)) {
    try {
      samples.push((await reader.at(index)) as Sample);
    } catch (error) {
      if (!isRecordError(error)) throw error;
      damaged++;
    }
  }
  if (samples.length === 0) {
    throw new CliError('EMPTY_DATABASE', `--grid ${file}: none of the images can be read; ae verify lists the damage.`);
  }
  if (damaged > 0) terminal.warn(`${file} lacks ${formatNumberOf(damaged, 'image')} that cannot be read.`);
  const drawn = visible(samples);
  const rows = Array.from({ length: Math.ceil(drawn.length / gridColumns) }, (_, row) =>
    drawn.slice(row * gridColumns, (row + 1) * gridColumns),
  );
  await writeNewFile(file, encodePng(drawGrid([rows], { scale: options.scale })));
}

/** Scales floats from 0 to 1 up to the range of bytes, so that they are visible. */
function visible(samples: readonly Sample[]): readonly Sample[] {
  const floats = samples.filter(({ data }) => data instanceof Float32Array);
  const isUnit = floats.every(({ data }) => data.every((value: number) => value >= 0 && value <= 1));
  if (floats.length === 0 || !isUnit) return samples;
  return samples.map((sample) =>
    sample.data instanceof Float32Array ? { ...sample, data: sample.data.map((value) => value * 255) } : sample,
  );
}
