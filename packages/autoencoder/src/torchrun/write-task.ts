/** The files that train_ddp.py needs. */
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Autoencoder } from '../autoencoder/autoencoder';
import { writeFileAtomically, writeTextAtomically } from '../files/atomic-file';
import { exportPyTorch } from '../interchange/pytorch/export-pytorch';
import type { ElsewhereTask } from '../training/elsewhere';
import { scheduleOf } from '../training/training-plan';
import { describeTask, type LmdbPlace } from './describe-task';

/** Where the program is in this package. */
export function programFolder(): string {
  return path.join(path.dirname(createRequire(import.meta.url).resolve('@ae/autoencoder/package.json')), 'torch');
}

export const programFile = 'train_ddp.py';
export const recipeFile = 'recipe.json';

export interface TaskData {
  readonly train: LmdbPlace;
  readonly validation?: LmdbPlace;
}

/** Writes program, network and recipe to a folder; `runPath` is the path from there to the run. */
export async function writeTask(
  folder: string,
  autoencoder: Autoencoder,
  { plan, run }: ElsewhereTask,
  { train, validation }: TaskData,
  runPath: string,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(programFolder())) {
    if (name.endsWith('.py')) await copyFile(path.join(programFolder(), name), path.join(folder, name));
  }
  await exportPyTorch(autoencoder, path.join(folder, 'model.safetensors'), { overwrite: true });
  await writeRates(path.join(folder, 'learning-rates.f64'), plan);
  const recipe = {
    run: runPath,
    train: await writePlace(folder, 'train', train),
    validation: validation ? await writePlace(folder, 'validation', validation) : null,
    ...describeTask(autoencoder, plan, run),
  };
  await writeTextAtomically(path.join(folder, recipeFile), `${JSON.stringify(recipe, null, 2)}\n`);
}

/** Writes the learning rate of each update, as computed by the schedule. */
async function writeRates(file: string, plan: ElsewhereTask['plan']): Promise<void> {
  const schedule = scheduleOf(plan);
  const rates = Float64Array.from({ length: plan.stepsPerEpoch * plan.epochs }, (_, i) => schedule.rateAt(i));
  await writeFileAtomically(file, (handle) => handle.writeFile(new Uint8Array(rates.buffer)));
}

async function writePlace(
  folder: string,
  name: string,
  { path: place, database, records, numbers }: LmdbPlace,
): Promise<object> {
  const file = path.join(folder, `${name}.u32`);
  await rm(file, { force: true });
  const about = { path: path.resolve(place), database, records };
  if (!numbers) return about;
  const { buffer, byteOffset, byteLength } = Uint32Array.from(numbers);
  await writeFileAtomically(file, (handle) => handle.writeFile(new Uint8Array(buffer, byteOffset, byteLength)));
  return { ...about, numbers: path.basename(file) };
}
