import fs from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { imageCache } from '../data/cache-folder';
import { noteOf, readNote } from '../data/imported-images';
import { type CommonOptions, defineCommand } from '../shell/options';
import { formatBytes, formatNumberOf, formatRows, style, Terminal } from '../shell/terminal';

/** An imported database, or the remains of an interrupted import. */
interface Cached {
  readonly path: string;
  readonly bytes: number;
  readonly source?: string;
  readonly images?: number;
  readonly size?: string;
}

export function cacheCommand(): Command {
  return defineCommand('cache', 'list or remove the images that commands have imported')
    .addCommand(
      defineCommand('clear', 'remove all imported images; commands import them again when needed').action(runClear),
    )
    .action(runList);
}

function runList(options: CommonOptions): void {
  const terminal = new Terminal(options);
  const all = listCache();
  const folder = imageCache();
  terminal.event({ folder, databases: all });
  const total = all.reduce((sum, { bytes }) => sum + bytes, 0);
  terminal.print(`${style('bold', folder)}: ${formatNumberOf(all.length, 'import')}, ${formatBytes(total)}`);
  if (all.length === 0) return;
  terminal.print(formatRows(all.map((one) => [path.basename(one.path), describe(one)])));
}

function describe({ bytes, source, images, size }: Cached): string {
  const what = images === undefined ? 'incomplete' : `${formatNumberOf(images, 'image')}${size ? ` of ${size}` : ''}`;
  return `${what}, ${formatBytes(bytes)}${source ? `, from ${source}` : ''}`;
}

function runClear(options: CommonOptions): void {
  const terminal = new Terminal(options);
  const all = listCache();
  for (const { path: database } of all) {
    fs.rmSync(database, { recursive: true, force: true });
    fs.rmSync(noteOf(database), { force: true });
  }
  const bytes = all.reduce((sum, one) => sum + one.bytes, 0);
  terminal.event({ folder: imageCache(), removed: all.length, bytes });
  terminal.print(`removed ${formatNumberOf(all.length, 'import')}, ${formatBytes(bytes)}`);
}

function listCache(): Cached[] {
  const folder = imageCache();
  if (!fs.existsSync(folder)) return [];
  const names = fs.readdirSync(folder).filter((name) => /\.lmdb(\.partial)?$/.test(name));
  return names.sort().map((name) => {
    const database = path.join(folder, name);
    const bytes = fs.statSync(path.join(database, 'data.mdb'), { throwIfNoEntry: false })?.size ?? 0;
    return { path: database, bytes, ...readNote(database) };
  });
}
