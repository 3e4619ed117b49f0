import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolders } from '@ae/ground/make-folders';
import { RecordNames } from '@ae/images/files';
import { describeImage, type ImageKind, kindOfImage } from '@ae/images/kind';
import type { Datum, DatumReader } from '@ae/lmdb-datum';
import type { Command } from 'commander';
import { type DatabaseFlag, databaseOption, schemaOption } from '../data/database-option';
import { emptyDatabase, openDatabase } from '../data/open-database';
import { isDamage, withAdvice } from '../data/record-damage';
import { importWish } from '../data/run-images';
import { CliError, sentenceOf } from '../shell/cli-error';
import { interruptible } from '../shell/interruption';
import { type CommonOptions, choiceOption, defineCommand } from '../shell/options';
import { assertNew, claimFolder, fillFolder } from '../shell/output-folder';
import { formatBar, formatCount, formatNumberOf, leftOut, style, Terminal } from '../shell/terminal';

interface ExportOptions extends CommonOptions, DatabaseFlag {
  readonly by: 'key' | 'label';
  readonly format: 'png' | 'jpg';
  readonly lenient?: boolean;
}

export function exportCommand(): Command {
  return defineCommand('export', 'write the images of an LMDB to files')
    .argument('<images>', 'an LMDB, or a folder or archive of images')
    .argument('<folder>', 'new folder for the files')
    .addOption(databaseOption())
    .addOption(schemaOption())
    .addOption(
      choiceOption('--by <name>', "folders as in the keys (without convert_imageset's numbers), or one per label", [
        'key',
        'label',
      ]).default('key'),
    )
    .addOption(
      choiceOption('--format <type>', 'format for raw pixels; image files are copied as they are', [
        'png',
        'jpg',
      ]).default('png'),
    )
    .option('--lenient', 'skip damaged records, and report how many')
    .action(runExport);
}

async function runExport(lmdb: string, target: string, options: ExportOptions): Promise<void> {
  const terminal = new Terminal(options);
  await assertNew(target);
  const { lenient, database, schema } = options;
  // Image files are copied unchanged.
  const images = { wish: importWish({ encoded: true }), terminal };
  const reader = await openDatabase(lmdb, { lenient, database, schema }, images);
  const folder = reader.length > 0 ? await claimFolder(target) : undefined;
  const work = async (signal: AbortSignal) => {
    if (!folder) throw emptyDatabase(lmdb, reader.damage[0]?.message);
    const left: string[] = [];
    let written = 0;
    await fillFolder(folder, async (temporary) => {
      for await (const outcome of exportRecords(reader, temporary, options)) {
        signal.throwIfAborted();
        if (outcome === undefined) written++;
        else left.push(outcome);
        const done = written + left.length;
        terminal.status(
          `exporting ${formatBar(done / reader.length)} ${formatCount(done)}/${formatCount(reader.length)}`,
        );
      }
    });
    terminal.status('');
    for (const { message } of reader.damage) left.push(message);
    terminal.event({ folder: target, written, leftOut: left });
    terminal.print(`${style('bold', target)}: ${formatNumberOf(written, 'image')}`);
    if (left.length > 0) terminal.print(leftOut(left));
  };
  try {
    await interruptible(terminal, 'interrupted; nothing was written.', work, folder);
  } finally {
    reader.close();
  }
}

/** Writes all records; yields undefined for each one written, or the reason for one that a lenient export skips. */
async function* exportRecords(
  reader: DatumReader,
  folder: string,
  { by, format, lenient, database }: ExportOptions,
): AsyncGenerator<string | undefined> {
  const names = new RecordNames(by);
  for (let index = 0; index < reader.length; index++) {
    try {
      const key = reader.keyAt(index) ?? '';
      const datum = reader.datumAt(index) as Datum;
      const { kind, bytes } = datum.encoded ? storedFile(datum, key) : await encodeRaw(reader, index, format);
      const name = names.nameOf({ index, key, label: datum.label }, kind);
      const file = path.join(folder, ...name.split('/'));
      makeFolders(path.dirname(file));
      await writeFile(file, bytes, { flag: 'wx' });
      yield undefined;
    } catch (error) {
      if (!isDamage(error)) throw error;
      if (!lenient) throw await withAdvice(error, reader, database);
      yield sentenceOf(error);
    }
  }
}

function storedFile({ data }: Datum, key: string): { kind: ImageKind; bytes: Uint8Array } {
  const kind = kindOfImage(data);
  if (kind) return { kind, bytes: data };
  throw new CliError('BAD_IMAGE', `key ${key}: expected an image file, received ${describeImage(data)}.`);
}

async function encodeRaw(
  reader: DatumReader,
  index: number,
  type: 'png' | 'jpg',
): Promise<{ kind: ImageKind; bytes: Uint8Array }> {
  const sample = await reader.at(index);
  if (!sample || ![1, 3, 4].includes(sample.channels)) {
    throw new CliError('BAD_IMAGE', `key ${sample?.key}: expected 1, 3 or 4 channels, received ${sample?.channels}.`);
  }
  const { encodeSample } = await import('@ae/lmdb-datum');
  if (type === 'png') return { kind: 'png', bytes: await encodeSample(sample, 'png') };
  // JPEG has no alpha, which is the last plane.
  const channels = Math.min(3, sample.channels);
  const data = sample.data.subarray(0, channels * sample.height * sample.width);
  return { kind: 'jpeg', bytes: await encodeSample({ ...sample, channels, data }, 'jpeg') };
}
