/** All commands. Packages that take time to load (TensorFlow, sharp, lmdb) are imported where commands use them. */
import type { Command } from 'commander';
import { addNotes } from '../shell/help-layout';
import { defineCommand, finishCommand } from '../shell/options';
import { backendCommand } from './backend';
import { cacheCommand } from './cache';
import { completionCommand } from './completion';
import { convertCommand } from './convert';
import { encodeCommand } from './encode';
import { exportCommand } from './export';
import { exportModelCommand } from './export-model';
import { importCommand } from './import';
import { importModelCommand } from './import-model';
import { inspectCommand } from './inspect';
import { interpolateCommand } from './interpolate';
import { meanCommand } from './mean';
import { mergeCommand } from './merge';
import { neighborsCommand } from './neighbors';
import { reconstructCommand } from './reconstruct';
import { referenceCommand } from './reference';
import { reportCommand } from './report';
import { resizeCommand } from './resize';
import { sampleCommand } from './sample';
import { showCommand } from './show';
import { testCommand } from './test';
import { trainCommand } from './train';
import { verifyCommand } from './verify';
import { watchCommand } from './watch';

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
