import { rmdir } from 'node:fs/promises';
import path from 'node:path';
import type { Autoencoder, TrainingHistory, TrainOptions } from '@ae/autoencoder';
import type { SampleDatabase } from '../data/sample-database';
import { writingTo } from '../shell/cli-error';
import { quote } from '../shell/command-line';
import { catchInterruption } from '../shell/interruption';
import { formatCount, formatDuration, style, type Terminal } from '../shell/terminal';
import { compareRun, tellVerdict, verdictOf } from './pca-verdict';
import { holdsRun } from './run-place';
import { writeRunReport } from './run-report';
import { warningSentence } from './training-advice';
import { TrainingProgress } from './training-progress';

/** What is trained, on which images, and how. */
export interface TrainingRun {
  /** Trains; calls `onNetwork` with the network first. */
  readonly train: (callbacks: TrainingCallbacks, onNetwork: (network: Autoencoder) => void) => Promise<TrainingHistory>;
  readonly samples: SampleDatabase;
  readonly validation?: SampleDatabase;
  /** The run's folder. */
  readonly path: string;
  readonly imagesPerEpoch: number;
  readonly epochs: number;
  /** The time that training should take, if a time was given. */
  readonly minutes?: number;
  /** Whether to make report.html at the end. */
  readonly report: boolean;
  /** Whether to compare with PCA at the end. */
  readonly pca: boolean;
}

export type TrainingCallbacks = Pick<
  TrainOptions,
  'signal' | 'onStart' | 'onStep' | 'onPass' | 'onEpoch' | 'onCheckpoint' | 'onWarning'
>;

/**
 * Trains until the last epoch or an interruption; saves the network in either case, and makes the report only when training is complete.
 */
export async function trainAndSave(run: TrainingRun, terminal: Terminal): Promise<void> {
  const progress = new TrainingProgress(terminal, run.imagesPerEpoch, run.epochs);
  let network: Autoencoder | undefined;
  let history: TrainingHistory | undefined;
  const interruption = catchInterruption(() =>
    terminal.warn(
      history ? 'skipping the rest.' : 'finishing this step, then saving; interrupt again to quit immediately.',
    ),
  );
  try {
    history = await train(run, callbacksOf(progress, interruption.signal, terminal), (each) => {
      network = each;
    });
    if (!history && !(await holdsRun(run.path))) return await giveUp(run, terminal);
    const model = path.join(run.path, 'model');
    // The run itself has saved the finished network.
    if (!history) await writingTo(model, async () => network?.save(model, { overwrite: true }));
    // Users who interrupt training do not want to wait: ae report can make it later.
    const isWorthIt = run.report && history !== undefined;
    const { signal } = interruption;
    const report =
      isWorthIt && network
        ? await writeRunReport({ ...run, network }, { baselines: true, signal }, terminal)
        : undefined;
    const verdict =
      run.pca && history && network && progress.reached.position && !signal.aborted
        ? // The report has already fitted PCA.
          ((report && verdictOf(report.data, { ...run, network })) ??
          (await compareRun({ ...run, network }, signal, terminal)))
        : undefined;
    if (verdict) tellVerdict(verdict, terminal);
    tell(run, { history, report: report?.file, ...progress.reached }, terminal);
  } finally {
    terminal.status('');
    interruption.release();
    process.exitCode ??= interruption.exitCode();
  }
}

/** Removes the folder of a run that was stopped before it began. */
async function giveUp({ path: run }: TrainingRun, terminal: Terminal): Promise<void> {
  await rmdir(run).catch(() => undefined);
  terminal.event({ event: 'stopped', run, interrupted: true });
  terminal.print('stopped before training began; nothing was saved');
}

function callbacksOf(progress: TrainingProgress, signal: AbortSignal, terminal: Terminal): TrainingCallbacks {
  return {
    signal,
    onStart: (start) => progress.onStart(start),
    onStep: (step) => progress.onStep(step),
    onPass: (pass) => progress.onPass(pass),
    onEpoch: (summary) => progress.onEpoch(summary),
    onCheckpoint: (saved) => progress.onCheckpoint(saved),
    onWarning: (warning) => terminal.warn(warningSentence(warning)),
  };
}

/** Resolves to undefined if the signal stopped training. */
async function train(
  run: TrainingRun,
  callbacks: TrainingCallbacks,
  onNetwork: (network: Autoencoder) => void,
): Promise<TrainingHistory | undefined> {
  try {
    return await run.train(callbacks, onNetwork);
  } catch (error) {
    if (!callbacks.signal?.aborted || (error as { code?: unknown }).code !== 'ABORTED') throw error;
    return undefined;
  }
}

interface Outcome {
  /** Only if training was completed. */
  readonly history?: TrainingHistory;
  /** The path of the report, if one was made. */
  readonly report?: string;
  readonly position: string;
  readonly steps: { readonly planned: number; readonly made: number };
}

function tell(
  { path: run, minutes }: TrainingRun,
  { history, report, position, steps }: Outcome,
  terminal: Terminal,
): void {
  const model = path.join(run, 'model');
  const elapsedMs = history?.epochs.at(-1)?.elapsedMs;
  const resume = history ? undefined : `ae train --resume ${quote(run)}`;
  terminal.event({ event: 'saved', run, model, report, interrupted: !history, elapsedMs, resume });
  if (!history) terminal.print(position ? `stopped after ${position}` : 'stopped before the first step');
  else if (!position) terminal.print('the run was already finished');
  else if (minutes !== undefined && steps.made !== steps.planned) {
    const made = `${formatCount(steps.made)} updates instead of ${formatCount(steps.planned)}`;
    terminal.print(`made ${made} to end on time; this run cannot be repeated exactly`);
  } else if (steps.made < steps.planned) {
    terminal.print(`stopped early, after epoch ${history.epochs.length}; the weights of the best epoch were restored`);
  }
  const trained = elapsedMs ? `trained in ${formatDuration(elapsedMs)}; ` : '';
  terminal.print(`${trained}network saved: ${style('bold', model)}`);
  if (report) terminal.print(`report: ${style('bold', report)}`);
  if (resume) terminal.print(`continue: ${style('bold', resume)}; see the results: ae report ${quote(run)}`);
  else terminal.print(`score it on other images: ae test ${quote(run)} <images>`);
}
