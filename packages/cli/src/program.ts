/** All commands. Packages that take time to load (TensorFlow, sharp, lmdb) are imported where commands use them. */
import type { Command } from 'commander';
import { backendCommand } from './commands/backend';
import { cacheCommand } from './commands/cache';
import { completionCommand } from './commands/completion';
import { convertCommand } from './commands/convert';
import { encodeCommand } from './commands/encode';
import { exportCommand } from './commands/export';
import { exportModelCommand } from './commands/export-model';
import { importCommand } from './commands/import';
import { importModelCommand } from './commands/import-model';
import { inspectCommand } from './commands/inspect';
import { interpolateCommand } from './commands/interpolate';
import { meanCommand } from './commands/mean';
import { mergeCommand } from './commands/merge';
import { neighborsCommand } from './commands/neighbors';
import { reconstructCommand } from './commands/reconstruct';
import { referenceCommand } from './commands/reference';
import { reportCommand } from './commands/report';
import { resizeCommand } from './commands/resize';
import { sampleCommand } from './commands/sample';
import { showCommand } from './commands/show';
import { testCommand } from './commands/test';
import { trainCommand } from './commands/train';
import { verifyCommand } from './commands/verify';
import { watchCommand } from './commands/watch';
import { addNotes } from './shell/help-layout';
import { defineCommand, finishCommand } from './shell/options';

const groups = {
  'Images:': [
    importCommand,
    convertCommand,
    resizeCommand,
    inspectCommand,
    verifyCommand,
    meanCommand,
    exportCommand,
    showCommand,
  ],
  'Networks:': [trainCommand, testCommand, reportCommand, watchCommand, exportModelCommand, importModelCommand],
  'Codes:': [encodeCommand, reconstructCommand, neighborsCommand, interpolateCommand, sampleCommand],
  'Many machines:': [mergeCommand],
  'This machine:': [backendCommand, cacheCommand],
  'Help:': [completionCommand, referenceCommand],
};

const examples = `
A first run:
  ae train photos --val 0.1
  ae test runs/photos-1 more-photos

The same with LMDBs:
  ae import photos/train train.lmdb --resize 64 --shuffle
  ae import photos/val val.lmdb --resize 64 --shuffle
  ae train train.lmdb --val val.lmdb
  ae test runs/train-1 val.lmdb`;

/** Defines the command line. */
export function defineProgram(): Command {
  const program = defineCommand('ae', 'image autoencoders: from a folder of images to reconstructions')
    .usage('<command> [options]')
    .enablePositionalOptions();
  for (const [heading, commands] of Object.entries(groups)) {
    for (const define of commands) program.addCommand(define().helpGroup(heading));
  }
  program.commandsGroup('Help:').helpCommand('help [command]', "print a command's help");
  return finishCommand(addNotes(program, examples));
}
