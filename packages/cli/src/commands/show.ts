import fs from 'node:fs';
import process from 'node:process';
import type { Command } from 'commander';
import { CliError, explain } from '../shell/cli-error';
import { openInBrowser } from '../shell/open-in-browser';
import { type CommonOptions, defineCommand } from '../shell/options';
import { Terminal } from '../shell/terminal';
import { encodePicture, findProtocol } from '../shell/terminal-picture';

interface ShowOptions extends CommonOptions {
  readonly open?: boolean;
  readonly quiet?: boolean;
}

export function showCommand(): Command {
  return defineCommand('show', 'show pictures in the terminal, or open pictures and reports')
    .argument('<files...>', 'image files; with --open, any files, such as report.html')
    .option('--open', 'open them in their default programs')
    .option('--quiet', 'do nothing if the terminal cannot show pictures')
    .action(runShow);
}

async function runShow(files: readonly string[], { open, quiet, ...options }: ShowOptions): Promise<void> {
  const terminal = new Terminal(options);
  for (const file of files) {
    // Throws a plain sentence if the file does not exist.
    if (fs.statSync(file).isDirectory() && !open) {
      throw new CliError('INVALID_INPUT', `${file} is a folder; browse its images with ae watch ${file}.`);
    }
  }
  if (open) {
    for (const file of files) openInBrowser(file);
    terminal.event({ opened: files });
    return;
  }
  const protocol = options.json ? undefined : await findProtocol();
  if (!protocol) {
    if (quiet) return;
    terminal.warn(
      'this terminal cannot show pictures (kitty, Ghostty, iTerm2, WezTerm and sixel terminals can); use --open.',
    );
    return;
  }
  for (const file of files) {
    if (files.length > 1) terminal.print(file);
    process.stdout.write(await encode(file, protocol));
  }
}

async function encode(file: string, protocol: Parameters<typeof encodePicture>[1]): Promise<string> {
  try {
    return await encodePicture(file, protocol, process.stdout.columns || 80);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code?.startsWith('E')) throw cause;
    throw new CliError('INVALID_INPUT', `${file} cannot be shown as an image: ${explain(cause).message}`, {
      cause,
    });
  }
}
