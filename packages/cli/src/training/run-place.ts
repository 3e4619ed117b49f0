import { lstat, readdir } from 'node:fs/promises';
import { CliError } from '../shell/cli-error';
import { quote } from '../shell/command-line';
import { type ClaimedFolder, claimFolder } from '../shell/output-folder';

/** Throws OUTPUT_EXISTS, with advice, for a folder that contains more than what a run stopped before its first checkpoint leaves behind. */
export async function assertNewRun(folder: string): Promise<void> {
  const { checkNewRun } = await import('@ae/autoencoder/runs');
  try {
    await checkNewRun(folder);
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'OUTPUT_EXISTS') throw cause;
    if (!(await holdsRun(folder))) {
      throw new CliError('OUTPUT_EXISTS', `${folder} already exists and is not a run; choose another folder.`, {
        cause,
      });
    }
    const resume = `ae train --resume ${quote(folder)}`;
    throw new CliError(
      'OUTPUT_EXISTS',
      `${folder} already contains a run; continue it with ${resume}, or choose another folder.`,
      {
        cause,
      },
    );
  }
}

/** Creates the folder of a run; an existing one that `assertNewRun` accepts is used again. */
export async function claimRunFolder(folder: string): Promise<ClaimedFolder> {
  if (!(await isThere(folder))) return claimFolder(folder);
  await assertNewRun(folder);
  return { path: folder, release: async () => undefined };
}

/** Throws RUN_NOT_FOUND, with advice, for a run that was stopped before its settings were saved. */
export async function assertResumable(run: string): Promise<void> {
  if (!(await isThere(run)) || (await holdsRun(run))) return;
  const { checkNewRun } = await import('@ae/autoencoder/runs');
  const isBeginning = await checkNewRun(run).then(
    () => true,
    () => false,
  );
  if (!isBeginning) return;
  throw new CliError(
    'RUN_NOT_FOUND',
    `${run} has no checkpoint to continue from, because the run was stopped before it began. Start it again: ae train <train.lmdb> --out ${quote(run)}.`,
  );
}

/** Tells whether a folder belongs to a run that was started. */
export async function holdsRun(folder: string): Promise<boolean> {
  return (await readdir(folder).catch(() => [] as string[])).includes('config.json');
}

function isThere(folder: string): Promise<boolean> {
  return lstat(folder).then(
    () => true,
    () => false,
  );
}
