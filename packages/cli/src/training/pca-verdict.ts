import type { PcaComparison } from '@ae/autoencoder/baselines';
import type { ReportData } from '@ae/autoencoder/report';
import { nameFittedImages } from '../network/print-scores';
import { fitTo } from '../network/training-images';
import { explain } from '../shell/cli-error';
import { formatCount, formatNumberOf, style, type Terminal } from '../shell/terminal';
import type { ReportedRun } from './run-report';

/** How the network of a run compares with PCA, and on which images. */
export interface PcaVerdict extends PcaComparison {
  /** Whether these are the training images, because there are no others. */
  readonly trainedOn: boolean;
  readonly hasMasks: boolean;
  /** Whether it has preset transform or is similar; PCA rarely beats such networks. */
  readonly isTransform: boolean;
}

/** Finds the comparison with PCA in a run's report; undefined if it has none. */
export function verdictOf({ model, comparison }: ReportData, run: ReportedRun): PcaVerdict | undefined {
  const groups = comparison?.groups.filter(({ codeBits }) => codeBits === 32) ?? [];
  const own = groups.flatMap(({ rows }) => rows).find(({ masks }) => masks === 'own')?.summary;
  // PCA with as many numbers as the code has, not counting its masks.
  const pca = groups.find(({ counted }) => counted === 'code')?.rows.find(({ method }) => method === 'pca');
  if (!comparison || !own || !pca?.summary || pca.components === undefined) return undefined;
  const { count, pcaFittedOn = 0, pcaFittedOf = pcaFittedOn, pcaMirrored = false } = comparison;
  return {
    ...{ codeNumbers: model.sizes.codeNumbers, components: pca.components, count },
    ...{ psnrDb: own.psnrDb, pcaPsnrDb: pca.summary.psnrDb, pcaFittedOn, pcaFittedOf, pcaMirrored },
    ...factsOf(run),
  };
}

function factsOf({ network, validation }: ReportedRun): Pick<PcaVerdict, 'trainedOn' | 'hasMasks' | 'isTransform'> {
  return { trainedOn: !validation, hasMasks: network.sizes.maskBytes > 0, isTransform: network.takesAnySize };
}

/** Compares the network of a run with PCA of the same size; undefined if it is interrupted, or is impossible (a note says why). */
export async function compareRun(
  trained: ReportedRun,
  signal: AbortSignal,
  terminal: Terminal,
): Promise<PcaVerdict | undefined> {
  const { network, samples, validation } = trained;
  // A single image has no components.
  if (samples.length < 2) return undefined;
  terminal.status('comparing with PCA ... (Ctrl-C skips this)');
  try {
    const { compareWithPca } = await import('@ae/autoencoder/baselines');
    const scored = await fitTo(validation ?? samples, network);
    const trainingSamples = validation ? await fitTo(samples, network) : scored;
    const comparison = await compareWithPca(network, scored, { trainingSamples, signal });
    return { ...comparison, ...factsOf(trained) };
  } catch (error) {
    if (!signal.aborted) terminal.warn(`not compared with PCA: ${explain(error).message}`);
    return undefined;
  } finally {
    terminal.status('');
  }
}

/** Prints in one line which is better, on which images, and what to try if PCA is. */
export function tellVerdict(verdict: PcaVerdict, terminal: Terminal): void {
  const { codeNumbers, components, count, psnrDb, pcaPsnrDb, trainedOn, hasMasks } = verdict;
  const gainDb = psnrDb - pcaPsnrDb;
  const advice = adviceFor(gainDb, verdict);
  terminal.event({ event: 'comparison', ...verdict, gainDb, advice });
  const images = `${formatNumberOf(count, trainedOn ? 'training image' : 'validation image')}${trainedOn ? ', which both have seen' : ''}`;
  const masks = hasMasks ? " and each image's own masks" : '';
  const won = `${Math.abs(gainDb).toFixed(2)} dB ${gainDb < 0 ? 'below' : 'above'} PCA`;
  terminal.print(
    `${style('bold', won)} on ${images}: the network reaches ${psnrDb.toFixed(2)} dB with ${formatCount(codeNumbers)} numbers${masks}, ` +
      `PCA${describePca(verdict)} reaches ${pcaPsnrDb.toFixed(2)} dB with ${formatCount(components)}${advice ? `; ${advice}` : ''}`,
  );
}

function describePca(verdict: PcaVerdict): string {
  return verdict.pcaMirrored || verdict.pcaFittedOn < verdict.pcaFittedOf
    ? `, fitted to ${nameFittedImages(verdict)},`
    : '';
}

function adviceFor(gainDb: number, { trainedOn, isTransform }: PcaVerdict): string | undefined {
  if (gainDb >= 0) return undefined;
  // With as many components as images, PCA has memorized them.
  if (trainedOn) return 'this comparison means little; for a fair one, name other images with --val';
  return isTransform ? 'try more epochs or more images' : 'try --preset transform';
}
