import path from 'node:path';
import type { Autoencoder } from '@ae/autoencoder';
import type { ReportData } from '@ae/autoencoder/report';
import type { SampleDatabase } from '../data/sample-database';
import { fitTo } from '../network/training-images';
import { explain } from '../shell/cli-error';
import { writeFileWhole } from '../shell/output-folder';
import type { Terminal } from '../shell/terminal';

/** A trained network with its run and images. */
export interface ReportedRun {
  readonly network: Autoencoder;
  readonly samples: SampleDatabase;
  readonly validation?: SampleDatabase;
  readonly path: string;
}

/** The report of a run, in its folder. */
export function reportFileOf(run: string): string {
  return path.join(run, 'report.html');
}

/**
 * Scores a network on the validation images, or else on the training images, and writes report.html to the folder of its run, replacing an
 * older one. Returns its contents and its path; undefined, with a warning, if it could not be made: the network is saved anyway.
 */
export async function writeRunReport(
  run: ReportedRun,
  options: { readonly baselines: boolean; readonly signal?: AbortSignal },
  terminal: Terminal,
): Promise<{ readonly file: string; readonly data: ReportData } | undefined> {
  const file = reportFileOf(run.path);
  try {
    const { renderReport } = await import('@ae/autoencoder/report');
    const data = await collect(run, options, terminal);
    await writeFileWhole(file, renderReport(data));
    return { file, data };
  } catch (error) {
    if (!options.signal?.aborted) terminal.warn(`no report: ${explain(error).message}`);
    return undefined;
  } finally {
    terminal.status('');
  }
}

async function collect(
  { network, samples, validation, path: runFolder }: ReportedRun,
  { baselines, signal }: { readonly baselines: boolean; readonly signal?: AbortSignal },
  terminal: Terminal,
): Promise<ReportData> {
  const { collectReport } = await import('@ae/autoencoder/report');
  const scored = validation ?? samples;
  return collectReport(network, {
    samples: await fitTo(scored, network),
    samplesName: scored.path,
    trainingSamples: await fitTo(samples, network),
    ...{ baselines, runFolder, signal },
    onStage: (stage) => terminal.status(`report: ${stage} ...${signal ? ' (Ctrl-C skips this)' : ''}`),
  });
}
