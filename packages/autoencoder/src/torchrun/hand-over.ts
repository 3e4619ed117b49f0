import { copyFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { checkKeys, checkText } from '../errors/errors';
import { writeTextAtomically } from '../files/atomic-file';
import type { Elsewhere } from '../training/elsewhere';
import { checkTorchTraining } from './check-training';
import type { TorchrunOptions } from './torchrun';
import { programFolder, writeTask } from './write-task';

/** What `handOver` writes, and where. */
export interface HandOverOptions extends Pick<TorchrunOptions, 'network' | 'train' | 'validation'> {
  /** The folder to write; the run must be in its run/. */
  readonly folder: string;
}

/** Number of updates whose losses are recorded. */
const expectedLosses = 20;

/**
 * Makes the value of `train({ elsewhere })` that leaves training to other machines: it writes a folder that contains everything except the
 * images. The run must be in the folder's run/. Only the first updates are computed here, on a copy, and their losses are recorded for
 * comparison.
 */
export function handOver(options: HandOverOptions): Elsewhere {
  checkKeys('handOver', options, ['network', 'train', 'validation', 'folder']);
  const { network, train, validation, folder } = options;
  checkText('handOver, folder', folder);
  return {
    name: 'torchrun',
    check: async (task) => checkTorchTraining(task),
    prepare: async (task) => {
      await writeTask(folder, network(), task, { train, validation }, 'run');
      const launchers = path.join(programFolder(), 'launch');
      for (const name of await readdir(launchers)) await copyFile(path.join(launchers, name), path.join(folder, name));
      const losses = await task.firstLosses(expectedLosses);
      await writeTextAtomically(path.join(folder, 'expected.json'), `${JSON.stringify({ losses }, null, 2)}\n`);
    },
    train: async () => false,
  };
}
