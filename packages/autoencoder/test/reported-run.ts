/** A run of three epochs, as reports show it: images whose names would break a page which did not escape them. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Autoencoder, type Sample, useBackend } from '../src/entries/index';
import { collectReport, type ReportData } from '../src/entries/report';
import { rectangleSamples } from './rectangles';

export const images: Sample[] = rectangleSamples(60, { size: 16 }).map((image, i) => ({
  ...image,
  label: i % 3,
  key: i === 0 ? '<img src=x onerror=alert(1)>/"0" & co.png' : `${String(i).padStart(8, '0')}_class-${i % 3}/${i}.png`,
}));
export const [training, validation] = [images.slice(0, 40), images.slice(40)];

export interface ReportedRun {
  /** A new folder, in which the run is. */
  readonly folder: string;
  readonly runFolder: string;
  readonly data: ReportData;
  /** What it said that it does while it collected. */
  readonly stages: readonly string[];
}

/** Trains on WebAssembly, and collects what its report shows. */
export async function reportedRun(): Promise<ReportedRun> {
  await useBackend('wasm');
  const folder = await mkdtemp(path.join(tmpdir(), 'ae-test-'));
  const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 32 });
  await ae.initialize({ seed: 1 });
  const runFolder = path.join(folder, 'my run');
  const run = {
    folder: runFolder,
    command: 'ae train "my data" --epochs 3',
    dataNames: { train: 'my data', validation: 'their images' },
  };
  await ae.train(training, { epochs: 3, batchSize: 8, validation, run });
  const stages: string[] = [];
  const options = { samples: validation, trainingSamples: training, runFolder, onStage: (s: string) => stages.push(s) };
  const data = await collectReport(ae, options);
  ae.dispose();
  return { folder, runFolder, data, stages };
}
