/** Reads a run folder: what was trained on what, how the loss went, and the sample grids of each epoch. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { AutoencoderError } from '../errors';
import type { MetricsLine } from '../run/metrics-log';
import { type RunConfig, readRunConfig } from '../run/run-config';

export type StepLine = Extract<MetricsLine, { type: 'step' }>;
export type EpochLine = Extract<MetricsLine, { type: 'epoch' }>;

export interface Run {
  /** The folder's own name. */
  readonly name: string;
  readonly config: RunConfig;
  /** In ascending order, as are the epochs. */
  readonly steps: readonly StepLine[];
  readonly epochs: readonly EpochLine[];
  /** PNG files, inputs above and reconstructions below, in ascending order of epochs. */
  readonly samples: readonly { readonly epoch: number; readonly file: string }[];
}

/** Reads a run folder; one without metrics or samples yet is no error. Throws RUN_NOT_FOUND naming the file. */
export async function readRun(folder: string): Promise<Run> {
  const config = await readRunConfig(folder);
  const lines = await readMetrics(path.join(folder, 'metrics.jsonl'));
  return {
    name: path.basename(path.resolve(folder)),
    config,
    steps: lines.filter((line) => line.type === 'step'),
    epochs: lines.filter((line) => line.type === 'epoch'),
    samples: await listSamples(path.join(folder, 'samples')),
  };
}

async function readMetrics(file: string): Promise<MetricsLine[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const lines = text.split('\n');
  // What follows the last newline is a line that is being written, or that a killed run was writing.
  lines.pop();
  return lines.map((line, i) => parseLine(line, `${file} line ${i + 1}`));
}

function parseLine(line: string, where: string): MetricsLine {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new AutoencoderError(
      'RUN_NOT_FOUND',
      `${where}: expected JSON, received ${JSON.stringify(line.slice(0, 40))}; the file is damaged.`,
      { cause },
    );
  }
}

async function listSamples(folder: string): Promise<{ epoch: number; file: string }[]> {
  const names = await readdir(folder).catch(() => []);
  const epochOf = (name: string) => Number(/^epoch-(\d+)\.png$/.exec(name)?.[1] ?? Number.NaN);
  return names
    .map((name) => ({ epoch: epochOf(name), file: path.join(folder, name) }))
    .filter(({ epoch }) => !Number.isNaN(epoch))
    .sort((a, b) => a.epoch - b.epoch);
}
