import { checkKeys, checkText } from '../errors/errors';
import { checkOption } from '../errors/option-kinds';
import { runOptions } from './options';

/** Where training writes its results, and how often. */
export interface RunOptions {
  /** A new or empty folder, or, with `resume`, the folder of a run. */
  readonly folder: string;
  /** Continue from the last checkpoint of a run, with the same options and data. Default false. */
  readonly resume?: boolean;
  /** Updates between checkpoints within an epoch, besides those at its end. Default: none. */
  readonly checkpointSteps?: number;
  /** Number of most recent checkpoints that are kept besides the best one. Default 2. */
  readonly keep?: number;
  /** Updates between two lines of metrics. Default: about 100 lines per epoch. */
  readonly logSteps?: number;
  /** Images in the sample grid of each epoch. Default 8. */
  readonly sampleCount?: number;
  /** The command that started the run, to be recorded. */
  readonly command?: string;
  /**
   * Where the network's initial weights come from, to be recorded. The network itself is saved in start/, from which `resumeTraining`
   * rebuilds it.
   */
  readonly from?: string;
  /** Names of the data, to be recorded. */
  readonly dataNames?: { readonly train?: string; readonly validation?: string };
  /** Absolute paths of the data, to be recorded. */
  readonly dataPaths?: { readonly train?: string; readonly validation?: string };
}

const runKeys = [...['folder', 'resume', 'command', 'from', 'dataNames', 'dataPaths'], ...Object.keys(runOptions)];

/** Throws INVALID_OPTION for unknown options and values out of range. */
export function checkRunOptions(options: RunOptions): void {
  checkKeys('run', options, runKeys);
  checkText('run.folder', options.folder);
  for (const [key, option] of Object.entries(runOptions)) {
    checkOption(`run.${key}`, option, options[key as keyof typeof runOptions]);
  }
}
