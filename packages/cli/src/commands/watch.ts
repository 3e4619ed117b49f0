import fs from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { type DatabaseFlag, databaseOption, schemaOption } from '../data/database-option';
import { openDatabase } from '../data/open-database';
import { importWish } from '../data/run-images';
import { interruptible } from '../shell/interruption';
import { openInBrowser } from '../shell/open-in-browser';
import { type CommonOptions, defineCommand, numberOption } from '../shell/options';
import { style, Terminal } from '../shell/terminal';
import { type Answering, serveLocally } from '../watch/serve';
import { watchImages } from '../watch/watch-images';
import { watchRun } from '../watch/watch-run';

interface WatchOptions extends CommonOptions, DatabaseFlag {
  readonly port: number;
  readonly open?: boolean;
}

export function watchCommand(): Command {
  return defineCommand('watch', 'show a run while it trains, or the images of an LMDB, in a browser on this machine')
    .argument('<place>', 'the folder of a run, an LMDB, or a folder of images')
    .addOption(
      numberOption('--port <port>', 'port on 127.0.0.1; 0 picks a free one', {
        min: 0,
        max: 65535,
        integer: true,
      }).default(0),
    )
    .option('--open', 'open the page in the browser')
    .addOption(databaseOption())
    .addOption(schemaOption())
    .action(runWatch);
}

async function runWatch(place: string, options: WatchOptions): Promise<void> {
  const terminal = new Terminal(options);
  const { answering, close } = await watched(place, options, terminal);
  try {
    const server = await serveLocally(answering, options.port);
    terminal.event({ event: 'serving', address: server.address });
    terminal.print(`${style('bold', server.address)} shows ${place}; press Ctrl-C to stop`);
    if (options.open) openInBrowser(server.address);
    await interruptible(terminal, 'stopped.', async (signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      server.close();
      signal.throwIfAborted();
    });
  } finally {
    close();
  }
}

async function watched(
  place: string,
  { database, schema }: WatchOptions,
  terminal: Terminal,
): Promise<{ readonly answering: Answering; close(): void }> {
  if (fs.existsSync(path.join(place, 'config.json'))) return { answering: await watchRun(place), close: () => {} };
  const images = { wish: importWish({ encoded: true }), terminal };
  const reader = await openDatabase(place, { database, schema }, images);
  return { answering: watchImages(reader, place), close: () => reader.close() };
}
