/** Which folders a run may start in. */
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { AutoencoderError, checkText } from '../errors/errors';
import { temporarySuffix } from '../files/atomic-file';
import { configFile, startFolder } from './run-config';
import { isMissing } from './run-file';
import { isLockFile } from './run-lock';

/** What a run creates before its first checkpoint, and what its folders may contain by then. */
const beginnings: Readonly<Record<string, RegExp>> = {
  samples: /^epoch-0001\.png$/,
  tensorboard: /^events\.out\.tfevents\./,
  checkpoints: /^index\.json$/,
  [startFolder]: /^(model\.json|weights\.bin)$/,
};
const files: readonly string[] = [configFile, 'metrics.jsonl', 'metrics.csv'];

/**
 * Throws OUTPUT_EXISTS for a folder that is not empty. What a run leaves behind when it is stopped before its first checkpoint does not
 * count: it contains no training, and the run may start again.
 */
export async function checkNewRun(folder: string): Promise<void> {
  checkText('checkNewRun', folder);
  for (const entry of await entriesOf(folder)) {
    if (await isBeginning(folder, entry)) continue;
    const what = await hasConfig(folder);
    throw new AutoencoderError(
      'OUTPUT_EXISTS',
      `${folder} already contains ${what}; choose another folder for the run, or resume the existing one.`,
    );
  }
}

async function hasConfig(folder: string): Promise<string> {
  const names = (await entriesOf(folder)).map(({ name }) => name);
  return names.includes(configFile) ? 'a run' : 'something';
}

async function isBeginning(folder: string, entry: Dirent): Promise<boolean> {
  const { name } = entry;
  if (entry.isDirectory()) {
    // Half a start/, left by a process that was killed.
    if (name.startsWith(`${startFolder}.`)) return true;
    if (!Object.hasOwn(beginnings, name)) return false;
    const inside = await entriesOf(path.join(folder, name));
    // Incomplete files were never part of the run.
    return inside.every((each) => each.isFile() && (isTemporary(each) || beginnings[name].test(each.name)));
  }
  return entry.isFile() && (isTemporary(entry) || isLockFile(name) || files.includes(name));
}

function isTemporary({ name }: Dirent): boolean {
  return name.endsWith(temporarySuffix);
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch((error) => {
    if (isMissing(error)) return [];
    if (error.code !== 'ENOTDIR') throw error;
    const message = `${folder} is not a folder; choose another place for the run.`;
    throw new AutoencoderError('OUTPUT_EXISTS', message, { cause: error });
  });
}
