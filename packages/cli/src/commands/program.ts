/**
 * All commands. Each is loaded only when it is named: defining all of them takes longer than a short import. Packages that take time to
 * load (TensorFlow, sharp, lmdb) are imported where commands use them.
 */
import type { Command } from 'commander';
import { assertNoEmptyValues } from '../shell/empty-values';
import { addNotes } from '../shell/help-layout';
import { defineCommand, finishCommand } from '../shell/options';

/** The loader of each command, under the headings of the help. */
const groups: Readonly<Record<string, Readonly<Record<string, () => Promise<Command>>>>> = {
  'Images:': {
    import: async () => (await import('./import')).importCommand(),
    convert: async () => (await import('./convert')).convertCommand(),
    resize: async () => (await import('./resize')).resizeCommand(),
    inspect: async () => (await import('./inspect')).inspectCommand(),
    verify: async () => (await import('./verify')).verifyCommand(),
    mean: async () => (await import('./mean')).meanCommand(),
    export: async () => (await import('./export')).exportCommand(),
    show: async () => (await import('./show')).showCommand(),
  },
  'Networks:': {
    train: async () => (await import('./train')).trainCommand(),
    test: async () => (await import('./test')).testCommand(),
    report: async () => (await import('./report')).reportCommand(),
    watch: async () => (await import('./watch')).watchCommand(),
    'export-model': async () => (await import('./export-model')).exportModelCommand(),
    'import-model': async () => (await import('./import-model')).importModelCommand(),
  },
  'Codes:': {
    encode: async () => (await import('./encode')).encodeCommand(),
    reconstruct: async () => (await import('./reconstruct')).reconstructCommand(),
    neighbors: async () => (await import('./neighbors')).neighborsCommand(),
    interpolate: async () => (await import('./interpolate')).interpolateCommand(),
    sample: async () => (await import('./sample')).sampleCommand(),
  },
  'Many machines:': {
    merge: async () => (await import('./merge')).mergeCommand(),
  },
  'This machine:': {
    backend: async () => (await import('./backend')).backendCommand(),
    cache: async () => (await import('./cache')).cacheCommand(),
  },
  'Help:': {
    completion: async () => (await import('./completion')).completionCommand(),
    reference: async () => (await import('./reference')).referenceCommand(),
  },
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

/** Defines the command line: with one command alone if it is `named` and needs no others, or else with all that the help lists. */
export async function defineProgram(named = ''): Promise<Command> {
  const program = defineCommand('ae', 'image autoencoders: from a folder of images to reconstructions')
    .usage('<command> [options]')
    .enablePositionalOptions()
    .hook('preAction', (_program, command) => assertNoEmptyValues(command));
  const isAlone = Object.entries(groups).some(
    ([heading, commands]) => heading !== 'Help:' && Object.hasOwn(commands, named),
  );
  for (const [heading, commands] of Object.entries(groups)) {
    for (const [name, load] of Object.entries(commands)) {
      if (!isAlone || name === named) program.addCommand((await load()).helpGroup(heading));
    }
  }
  program.commandsGroup('Help:').helpCommand('help [command]', "print a command's help");
  return finishCommand(addNotes(program, examples));
}
