/** index.json of a run's checkpoints: lists them, with the last and the best one. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { writeTextAtomically } from '../../files/atomic-file';
import {
  expectList,
  expectNumber,
  expectOneOf,
  expectRecord,
  expectText,
  expectWhole,
  parseJson,
  Unexpected,
  writeJson,
} from '../../files/expectations';
import type { EpochSummary } from '../../training/training-events';
import type { LogPosition } from '../metrics-log';
import { isMissing, readTextFile } from '../run-file';
import { expectLogPosition, expectSummary } from './checkpoint-state';

/** A checkpoint in the index. */
export interface CheckpointEntry {
  /** Its file name in the folder. */
  readonly file: string;
  readonly step: number;
  /** Number of epochs whose steps are complete. */
  readonly epochs: number;
  /** The error that "best" refers to; null for a checkpoint within an epoch, or while the end of one is being validated. */
  readonly error: number | null;
  /** CRC-32 of the whole file; null if it was not recorded. */
  readonly crc32: number | null;
  /** How its epoch ended, and the lengths of the logs at that time: known only after validation, when the file already exists. */
  readonly end?: { readonly summary: EpochSummary; readonly log: LogPosition };
}

export interface CheckpointIndex {
  readonly version: 2;
  readonly last: string | null;
  readonly best: string | null;
  /** Oldest first. */
  readonly checkpoints: readonly CheckpointEntry[];
}

export const emptyIndex: CheckpointIndex = { version: 2, last: null, best: null, checkpoints: [] };

const indexFile = 'index.json';
/** The file names of checkpoints; nothing else in the folder is ours. */
const namePattern = /^step-(\d{9,15})-epoch-(\d{4,15})\.safetensors$/;

export function isCheckpointName(name: string): boolean {
  return namePattern.test(name);
}

export function nameOf({ step, epochs }: Pick<CheckpointEntry, 'step' | 'epochs'>): string {
  return `step-${String(step).padStart(9, '0')}-epoch-${String(epochs).padStart(4, '0')}.safetensors`;
}

/**
 * Reads the index. If it is missing or damaged, the checkpoints are found by their file names, because a file appears under its name only
 * when it is complete; `problem` then says why. Throws NOT_READABLE.
 */
export async function readIndex(folder: string): Promise<{ index: CheckpointIndex; problem?: string }> {
  const file = path.join(folder, indexFile);
  const text = await readTextFile(file);
  if (text === undefined) return { index: await indexOfFiles(folder), problem: `${file} is missing` };
  try {
    const index = parseJson(text);
    expectIndex(index);
    // If the process was killed before the index of the first checkpoint was written, that checkpoint exists all the same.
    return { index: index.checkpoints.length > 0 ? index : await indexOfFiles(folder) };
  } catch (error) {
    if (!(error instanceof Unexpected)) throw error;
    return { index: await indexOfFiles(folder), problem: `${file} is damaged: ${error.message}` };
  }
}

export function writeIndex(folder: string, index: CheckpointIndex): Promise<void> {
  return writeTextAtomically(path.join(folder, indexFile), `${writeJson(index, 2)}\n`);
}

async function indexOfFiles(folder: string): Promise<CheckpointIndex> {
  const checkpoints: CheckpointEntry[] = [];
  for (const name of (await namesIn(folder)).sort()) {
    const [, step, epochs] = namePattern.exec(name) ?? [];
    if (step === undefined) continue;
    checkpoints.push({ file: name, step: Number(step), epochs: Number(epochs), error: null, crc32: null });
  }
  return { ...emptyIndex, last: checkpoints.at(-1)?.file ?? null, checkpoints };
}

/** Lists the files of a folder; none if the folder does not exist. */
export async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error) => {
    if (isMissing(error)) return [];
    throw error;
  });
}

function expectIndex(index: unknown): asserts index is CheckpointIndex {
  expectRecord('it', index);
  expectOneOf('version', index.version, [2]);
  const { checkpoints } = index;
  expectList('checkpoints', checkpoints, 1e5);
  for (const [i, entry] of checkpoints.entries()) expectEntry(`checkpoints[${i}]`, entry);
  const entries = checkpoints as CheckpointEntry[];
  const files = entries.map(({ file }) => file);
  if (new Set(files).size < files.length) throw new Unexpected('checkpoints has a file twice');
  expectOneOf('last', index.last, [files.at(-1) ?? null]);
  expectOneOf('best', index.best, [null, ...entries.filter(({ error }) => error !== null).map(({ file }) => file)]);
}

function expectEntry(where: string, entry: unknown): void {
  expectRecord(where, entry);
  const { file, error, crc32, end } = entry;
  expectText(`${where}.file`, file);
  // A name that contains a path would lead out of the folder.
  if (!isCheckpointName(file)) throw new Unexpected(`${where}.file is ${JSON.stringify(file.slice(0, 80))}`);
  for (const key of ['step', 'epochs']) expectWhole(`${where}.${key}`, entry[key]);
  if (error !== null) expectNumber(`${where}.error`, error);
  if (crc32 !== null) expectWhole(`${where}.crc32`, crc32, { max: 2 ** 32 - 1 });
  if (end === undefined) return;
  expectRecord(`${where}.end`, end);
  expectSummary(`${where}.end.summary`, end.summary);
  expectLogPosition(`${where}.end.log`, end.log);
}
