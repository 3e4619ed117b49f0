import type { VerifyReport } from '@ae/lmdb-datum';
import type { Command } from 'commander';
import { type DatabaseFlag, databaseOption, schemaOption } from '../data/database-option';
import { placeOfDatabase } from '../data/open-database';
import { importWish } from '../data/run-images';
import { optionAsFlag } from '../shell/cli-error';
import { maxPixelsOption } from '../shell/image-options';
import { interruptible } from '../shell/interruption';
import { type CommonOptions, defineCommand } from '../shell/options';
import { formatBar, formatCount, formatNumberOf, formatOthers, formatRows, style, Terminal } from '../shell/terminal';

interface VerifyCommandOptions extends CommonOptions, DatabaseFlag {
  readonly images?: boolean;
  readonly maxPixels?: number;
}

export function verifyCommand(): Command {
  return defineCommand('verify', 'check every page and every record of an LMDB, and list all damage')
    .argument('<images>', 'an LMDB, or a folder of images')
    .addOption(databaseOption('the unnamed one, and all named ones'))
    .addOption(schemaOption())
    .option('--images', 'also decode the image files in it (the default)')
    .option('--no-images', 'do not decode image files: faster, but damage in them is not found')
    .addOption(maxPixelsOption())
    .action(runVerify);
}

async function runVerify(
  path: string,
  { images, database, schema, maxPixels, ...options }: VerifyCommandOptions,
): Promise<void> {
  const terminal = new Terminal(options);
  const place = await placeOfDatabase(path, { wish: importWish({ encoded: true }), terminal });
  const { verify } = await import('@ae/lmdb-datum');
  await interruptible(terminal, 'interrupted.', async (signal) => {
    const report = await verify(place, {
      images,
      database,
      schema,
      maxPixels,
      signal,
      onProgress: ({ records, total, damaged }) => {
        const bad = damaged > 0 ? `  ${formatNumberOf(damaged, 'problem', 'problems')}` : '';
        terminal.status(
          `verifying ${formatBar(records / (total || 1))} ${formatCount(records)}/${formatCount(total)}${bad}`,
        );
      },
    });
    terminal.status('');
    terminal.event(report);
    printReport(path, report, terminal);
    if (!report.ok) process.exitCode = 1;
  });
}

function printReport(path: string, report: VerifyReport, terminal: Terminal): void {
  const { ok, databases, imagesSkipped, pages, usedPages, freePages, damage } = report;
  const but = imagesSkipped > 0 ? `, except for ${formatNumberOf(imagesSkipped, 'image file')} not decoded` : '';
  terminal.print(`${style('bold', path)}: ${ok ? style('green', `sound${but}`) : style('red', 'damaged')}`);
  terminal.print(
    formatRows([
      ...databases.map(describeDatabase),
      ['pages', `${formatCount(pages)}, ${formatCount(usedPages)} in use, ${formatCount(freePages)} free`],
    ]),
  );
  if (ok) return;
  terminal.print(`${formatNumberOf(damage.length, 'problem', 'problems')}:`);
  for (const { page, key, message } of damage) {
    const where = [page === undefined ? [] : `page ${page}`, key === undefined ? [] : `key ${key}`].flat().join(', ');
    const said = optionAsFlag(message.replace(`key ${key}: `, ''));
    terminal.print(`  ${where ? `${where}: ` : ''}${said}`);
  }
}

function describeDatabase({
  name,
  schema,
  records,
  readable,
  others,
  metaInfo,
  notRead,
}: VerifyReport['databases'][number]): [string, string] {
  const beside = others === undefined ? '' : `; ${formatOthers(others)}`;
  const kind = schema === undefined || schema.name === 'datum' ? '' : ` (${schema.name})`;
  const all = readable === records ? 'all of them' : formatCount(readable);
  const listed = metaInfo === undefined ? '' : `; ${metaInfo.path} names ${formatCount(metaInfo.images)}`;
  const counts = notRead ?? `${formatCount(records)}${kind}, ${all} readable${beside}${listed}`;
  return name === undefined ? ['records', counts] : ['records', `of ${JSON.stringify(name)}: ${counts}`];
}
