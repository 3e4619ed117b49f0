/** Reads a run folder: what was trained on which images, the loss, and the sample grids of each epoch. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { AutoencoderError } from '../errors/errors';
import {
  expectDecibels,
  expectNumber,
  expectOneOf,
  expectRecord,
  expectWhole,
  parseJson,
  Unexpected,
} from '../files/expectations';
import type { MetricsLine } from '../run/metrics-log';
import { type RunConfig, readRunConfig } from '../run/run-config';
import { readTextFile } from '../run/run-file';

export type StepLine = Extract<MetricsLine, { type: 'step' }>;
export type EpochLine = Extract<MetricsLine, { type: 'epoch' }>;

export interface Run {
  /** The folder's own name. */
  readonly name: string;
  readonly config: RunConfig;
  /** In ascending order, like the epochs. */
  readonly steps: readonly StepLine[];
  readonly epochs: readonly EpochLine[];
  /** PNG files, inputs above and reconstructions below, in ascending order of epochs. */
  readonly samples: readonly { readonly epoch: number; readonly file: string }[];
}

/** Reads a run folder; missing metrics or samples are not an error. Throws RUN_NOT_FOUND naming the file. */
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
  const lines = ((await readTextFile(file)) ?? '').split('\n');
  // What follows the last newline is a line that is still being written, or that a killed run was writing.
  lines.pop();
  return lines.map((line, i) => parseLine(line, `${file} line ${i + 1}`));
}

function parseLine(text: string, where: string): MetricsLine {
  try {
    const line = parseJson(text);
    expectRecord('it', line);
    expectOneOf('type', line.type, ['step', 'epoch']);
    for (const key of ['step', 'epoch']) expectWhole(key, line[key]);
    for (const key of ['loss', 'elapsedMs', 'imagesPerSecond']) expectNumber(key, line[key]);
    for (const key of ['divergence', 'activeNumbers']) if (line[key] !== undefined) expectNumber(key, line[key]);
    if (line.validation !== undefined) {
      expectRecord('validation', line.validation);
      // JSON has no Infinity: a perfect reconstruction is null.
      if (line.validation.psnrDb !== null) expectDecibels('validation.psnrDb', line.validation.psnrDb);
    }
    return line as unknown as MetricsLine;
  } catch (error) {
    if (!(error instanceof Unexpected)) throw error;
    throw new AutoencoderError('RUN_INVALID', `${where} is damaged: ${error.message}.`, { cause: error });
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
