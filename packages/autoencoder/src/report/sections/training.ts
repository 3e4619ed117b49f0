import { type LineChart, lineChart } from '../charts/line-chart';
import { linearScale, logScale } from '../charts/scale';
import { formatDb, formatNumberOf, formatSignificant } from '../format';
import { html, type Markup } from '../html';
import type { PageSection } from '../page';
import type { ReportEpoch, ReportRun } from '../report-data';
import { image } from './reconstructions';

/** Loss and PSNR over epochs, and the sample grids; undefined if nothing was recorded. */
export function renderTraining(run: ReportRun | undefined): PageSection | undefined {
  if (!run || run.epochs.length === 0) return undefined;
  const validated = run.epochs.filter(({ validationPsnrDb }) => validationPsnrDb !== undefined);
  return {
    id: 'training',
    name: 'Training',
    heading: 'Training',
    content: html`<div class="stack">
<div class="columns">
<figure><h3>Loss (logarithmic)</h3>${lineChart(lossChart(run))}
<figcaption>Thin: single updates, each measured before it changed the weights. Thick: the mean of an epoch.</figcaption></figure>
${validated.length > 0 && psnrFigure(validated)}
${run.epochs.some(({ divergence }) => divergence !== undefined) && divergenceFigure(run.epochs)}
</div>
${run.samples.length > 0 && renderSamples(run)}
</div>`,
  };
}

/** The loss before an epoch has ended; undefined if there is nothing to draw yet. */
export function renderFirstSteps({ steps }: ReportRun): Markup | undefined {
  if (steps.length < 2) return undefined;
  const points = steps.map(({ step, loss }) => ({ x: step, y: loss }));
  const chart: LineChart = {
    description: `Loss over ${formatNumberOf(points.length, 'update')}`,
    xLabel: 'update',
    x: linearScale([0, points[points.length - 1].x], { round: false }),
    y: logScale(points.map(({ y }) => y)),
    series: [{ color: 'own', points }],
  };
  return html`<figure><h3>Loss (logarithmic)</h3>${lineChart(chart)}
<figcaption>Each update, measured before it changed the weights. No epoch has ended yet.</figcaption></figure>`;
}

function psnrFigure(epochs: readonly ReportEpoch[]): Markup {
  const best = epochs.reduce((a, b) => ((b.validationPsnrDb ?? 0) > (a.validationPsnrDb ?? 0) ? b : a));
  return html`<figure><h3>Validation PSNR in dB</h3>${lineChart(psnrChart(epochs))}
<figcaption>Images the network was not trained on, per-image mean. Best: ${formatDb(best.validationPsnrDb)} after
epoch ${best.epoch}.</figcaption></figure>`;
}

/** How much the codes of a variational network say about images. */
function divergenceFigure(epochs: readonly ReportEpoch[]): Markup {
  const points = epochs.flatMap(({ epoch, divergence }) =>
    divergence === undefined ? [] : [{ x: epoch, y: divergence }],
  );
  const last = epochs[epochs.length - 1];
  const description = `Divergence over epochs, ${formatSignificant(last.divergence ?? 0)} nats in the end`;
  return html`<figure><h3>Divergence in nats per image</h3>${lineChart({ ...lineOver(points, last.epoch), description })}
<figcaption>How far the distributions of codes are from the standard normal one (Kullback-Leibler divergence): how much a code says about its image. In the
last epoch ${formatNumberOf(last.activeNumbers ?? 0, 'number')} of the code carried at least 0.01 nats each.</figcaption></figure>`;
}

function lineOver(points: readonly { x: number; y: number }[], lastEpoch: number): Omit<LineChart, 'description'> {
  return {
    xLabel: 'epoch',
    x: linearScale([0, lastEpoch], { round: false }),
    y: linearScale(
      points.map(({ y }) => y),
      { minSpan: 1 },
    ),
    series: [{ color: 'own', points, shape: points.length > 60 ? 'line' : 'dotted-line' }],
    tips: points.map(({ x, y }) => ({ x, text: `Epoch ${x}: ${formatSignificant(y)} nats` })),
  };
}

/** Updates are placed among the epochs by the number of updates per epoch. */
function lossChart({ steps, epochs }: ReportRun): LineChart {
  const last = epochs[epochs.length - 1];
  const toEpochs = last.epoch / last.step;
  const single = steps.map(({ step, loss }) => ({ x: step * toEpochs, y: loss }));
  const mean = epochs.map(({ epoch, loss }) => ({ x: epoch, y: loss }));
  return {
    description: `Loss over ${formatNumberOf(last.epoch, 'epoch')}, from ${formatSignificant(epochs[0].loss)} to ${formatSignificant(last.loss)}`,
    xLabel: 'epoch',
    x: linearScale([0, last.epoch], { round: false }),
    y: logScale([...single, ...mean].map(({ y }) => y)),
    series: [
      { color: 'own', points: single, shape: 'faint' },
      { color: 'own', points: mean },
    ],
    tips: epochs.map(({ epoch, loss }) => ({ x: epoch, text: `Epoch ${epoch}: loss ${formatSignificant(loss)}` })),
  };
}

function psnrChart(epochs: readonly ReportEpoch[]): LineChart {
  const points = epochs.map(({ epoch, validationPsnrDb = 0 }) => ({ x: epoch, y: validationPsnrDb }));
  const last = epochs[epochs.length - 1];
  return {
    ...lineOver(points, last.epoch),
    description: `Validation PSNR over epochs, ${formatDb(last.validationPsnrDb)} in the end`,
    tips: points.map(({ x, y }) => ({ x, text: `Epoch ${x}: ${formatDb(y)}` })),
  };
}

/** The page contains all grids and shows one; without a script it is the last. */
function renderSamples({ samples, epochs }: ReportRun): Markup {
  const last = samples.length - 1;
  const describe = (epoch: number) => {
    const psnr = epochs.find((one) => one.epoch === epoch)?.validationPsnrDb;
    return `After epoch ${epoch}${psnr === undefined ? '' : `: ${formatDb(psnr)}`}`;
  };
  return html`<figure data-slides><h3>The same images, epoch by epoch</h3>
<div class="slider" hidden><input type="range" min="0" max="${last}" value="${last}" step="1" aria-label="Epoch">
<button type="button">Play</button><output></output></div>
<div class="grid-image">${samples.map(
    ({ epoch, picture }, i) =>
      html`<div data-slide="${describe(epoch)}"${i < last && html` hidden`}>${image(
        picture,
        `Inputs and reconstructions after epoch ${epoch}`,
      )}</div>`,
  )}</div>
<figcaption>Inputs above, reconstructions below, by the network as it was after the epoch that the slider shows.</figcaption></figure>`;
}
