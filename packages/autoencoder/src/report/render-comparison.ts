/** Several runs side by side: how they differ, how they learned, and what they reconstruct. */

import { AutoencoderError, checkObjects } from '../errors/errors';
import type { MaskMode } from '../network/masks';
import { type LineChart, lineChart } from './charts/line-chart';
import { linearScale, type Scale } from './charts/scale';
import { checkReport } from './check-report';
import { formatBytes, formatCount, formatDb, formatDuration, formatFixed, formatMillions } from './format';
import { html, type Markup } from './html';
import { type PageSection, renderPage } from './page';
import type { ReportData, ReportEpoch } from './report-data';
import { image } from './sections/reconstructions';

/** As many as there are colors. */
const maxRuns = 6;
const shownExamples = 8;

/** Returns a page that compares two to six runs, as one HTML file that loads nothing else. Throws INVALID_OPTION. */
export function renderComparison(reports: readonly ReportData[], title = 'Runs compared'): string {
  checkObjects('renderComparison', reports, 'what collectReport returns');
  for (const report of reports) checkReport('renderComparison', report);
  if (reports.length < 2 || reports.length > maxRuns) {
    throw new AutoencoderError(
      'INVALID_OPTION',
      `renderComparison: expected 2 to ${maxRuns} reports, received ${reports.length}.`,
    );
  }
  const sections = [renderScores(reports), renderCurves(reports), renderOptions(reports), renderPictures(reports)];
  const best = reports.reduce((a, b) => (ownPsnr(b) > ownPsnr(a) ? b : a));
  return renderPage({
    title,
    kicker: 'Autoencoder report',
    lede: html`<p>${reports.length} runs: ${reports.map(({ title: name }, i) => html`${i > 0 && ', '}<b>${name}</b>`)}.
<b>${best.title}</b> has the highest PSNR with own masks, ${formatDb(ownPsnr(best))}.</p>${warning(reports)}`,
    sections: sections.filter((section) => section !== undefined),
    createdAt: reports
      .map(({ createdAt }) => createdAt)
      .sort()
      .at(-1) as string,
  });
}

function ownPsnr({ scores }: ReportData): number {
  return scores.own?.summary.psnrDb ?? Number.NEGATIVE_INFINITY;
}

/** Scores on different images are not comparable. */
function warning(reports: readonly ReportData[]): Markup | undefined {
  if (sameData(reports)) return undefined;
  return html`<p><b>The runs were scored on different images, so their scores can't be compared.</b></p>`;
}

function sameData(reports: readonly ReportData[]): boolean {
  const identify = ({ evaluated: { fingerprint, count } }: ReportData) => `${fingerprint} ${count}`;
  return reports.every((report) => identify(report) === identify(reports[0]));
}

/** A row of the table: its name, and the text and number for each run; the best number is set in bold. */
interface Row {
  readonly name: string;
  readonly cells: readonly string[];
  readonly best?: number;
}

function renderScores(reports: readonly ReportData[]): PageSection {
  const scoreRow = (name: string, mode: MaskMode, score: 'psnrDb' | 'ssim' | 'msSsim', digits: number): Row => {
    const values = reports.map(({ scores }) => scores[mode]?.summary[score] ?? Number.NaN);
    const best = values.indexOf(Math.max(...values.filter(Number.isFinite)));
    return { name, cells: values.map((value) => formatFixed(value, digits)), best };
  };
  const masked = reports.some(({ scores }) => scores.fixed);
  const rows: Row[] = [
    scoreRow(`PSNR${masked ? ', own masks' : ''}, dB`, 'own', 'psnrDb', 2),
    ...(masked ? [scoreRow('PSNR, fixed masks, dB', 'fixed', 'psnrDb', 2)] : []),
    ...(masked ? [scoreRow("PSNR, another image's masks, dB", 'other', 'psnrDb', 2)] : []),
    scoreRow(`SSIM${masked ? ', own masks' : ''}`, 'own', 'ssim', 3),
    scoreRow(`MS-SSIM${masked ? ', own masks' : ''}`, 'own', 'msSsim', 3),
    { name: 'Code', cells: reports.map(({ model }) => formatBytes(model.sizes.codeBytes)) },
    { name: 'Masks', cells: reports.map(({ model }) => formatBytes(model.sizes.maskBytes)) },
    { name: 'Parameters', cells: reports.map(({ model }) => formatMillions(model.parameters)) },
    { name: 'Epochs', cells: reports.map(({ run }) => (run ? formatCount(run.epochs.at(-1)?.epoch ?? 0) : '–')) },
    { name: 'Training time', cells: reports.map(({ run }) => formatDuration(run?.epochs.at(-1)?.elapsedMs ?? 0)) },
    { name: 'Engine', cells: reports.map(({ run }) => run?.backend.name ?? '–') },
    { name: 'Scored on', cells: reports.map(({ evaluated }) => `${formatCount(evaluated.count)} images`) },
  ];
  return {
    id: 'scores',
    name: 'Scores',
    heading: 'Scores',
    content: table(reports, rows),
  };
}

function table(reports: readonly ReportData[], rows: readonly Row[]): Markup {
  const heads = reports.map(({ title }, i) => html`<th><i class="swatch c-run-${i + 1}"></i>${title}</th>`);
  return html`<div class="scroll"><table class="runs"><thead><tr><th></th>${heads}</tr></thead><tbody>${rows.map(
    ({ name, cells, best }) =>
      html`<tr><th scope="row">${name}</th>${cells.map((cell, i) => html`<td${i === best && html` class="best"`}>${cell}</td>`)}</tr>`,
  )}</tbody></table></div>`;
}

function renderCurves(reports: readonly ReportData[]): PageSection | undefined {
  const curves = reports.map(({ title, run }) => ({
    title,
    epochs: (run?.epochs ?? []).filter(({ validationPsnrDb }) => validationPsnrDb !== undefined),
  }));
  if (curves.every(({ epochs }) => epochs.length === 0)) return undefined;
  const minutes = ({ elapsedMs }: ReportEpoch) => elapsedMs / 60_000;
  return {
    id: 'curves',
    name: 'Curves',
    heading: 'Validation PSNR in dB',
    content: html`<div class="columns">
<figure><h3>By epoch</h3>${lineChart(curveChart(curves, ({ epoch }) => epoch, 'epoch'))}</figure>
<figure><h3>By time</h3>${lineChart(curveChart(curves, minutes, 'minutes of training'))}</figure>
</div>
<p class="note">Validation images, which the networks were not trained on, with their own masks; per-image mean, as each run measured it after each epoch.</p>`,
  };
}

function curveChart(
  curves: readonly { title: string; epochs: readonly ReportEpoch[] }[],
  xOf: (epoch: ReportEpoch) => number,
  xLabel: string,
): LineChart {
  const series = curves.map(({ title, epochs }, i) => ({
    name: title,
    color: `run-${i + 1}`,
    points: epochs.map((epoch) => ({ x: xOf(epoch), y: epoch.validationPsnrDb ?? Number.NaN })),
  }));
  const all = series.flatMap(({ points }) => points);
  const x: Scale = linearScale([0, ...all.map((point) => point.x)], { round: false });
  const y = linearScale(
    all.map((point) => point.y),
    { minSpan: 1 },
  );
  return { description: `Validation PSNR over ${xLabel}`, xLabel, x, y, series };
}

/** The options that differ between runs, flattened: `optimizer.learningRate`. */
function renderOptions(reports: readonly ReportData[]): PageSection | undefined {
  if (reports.every(({ run }) => !run)) return undefined;
  const flat = reports.map(({ run }) => {
    if (!run) return {};
    const { seed, preset, backend, versions, train } = run;
    const data = { name: train.name, count: train.count, fingerprint: train.fingerprint.slice(0, 12) };
    return flatten({ preset, seed, ...run.options, 'training data': data, backend, versions });
  });
  const keys = [...new Set(flat.flatMap((options) => Object.keys(options)))];
  const rows = keys
    .map((name) => ({ name, cells: flat.map((options) => options[name] ?? '–') }))
    .filter(({ cells }) => cells.some((cell) => cell !== cells[0]));
  return {
    id: 'options',
    name: 'Options',
    heading: 'What differs',
    content:
      rows.length > 0 ? table(reports, rows) : html`<p>Nothing: options, data, engine and versions are the same.</p>`,
  };
}

function flatten(value: unknown, prefix = ''): Record<string, string> {
  if (typeof value !== 'object' || value === null) return { [prefix]: value === undefined ? '–' : String(value) };
  const entries = Object.entries(value).flatMap(([key, inner]) => {
    return Object.entries(flatten(inner, prefix ? `${prefix}.${key}` : key));
  });
  return Object.fromEntries(entries);
}

/** The same images reconstructed by every run, if all were scored on the same images. */
function renderPictures(reports: readonly ReportData[]): PageSection | undefined {
  if (!sameData(reports)) return undefined;
  const inputs = reports[0].examples.slice(0, shownExamples);
  const row = (label: Markup, cells: readonly Markup[]) =>
    html`<div class="row-label">${label}</div><div class="strip examples">${cells}</div>`;
  const rows = reports.map(({ title, examples }, i) =>
    row(
      html`<i class="swatch c-run-${i + 1}"></i>${title}`,
      examples
        .slice(0, shownExamples)
        .map(
          ({ output, name, psnrDb }) =>
            html`<figure>${image(output, `${name}: ${title}`)}<figcaption>${formatFixed(psnrDb, 1)}</figcaption></figure>`,
        ),
    ),
  );
  return {
    id: 'pictures',
    name: 'Images',
    heading: 'The same images',
    content: html`<figure><div class="compare">
${row(
  html`input`,
  inputs.map(({ input, name }) => html`<figure>${image(input, `${name}: input`)}</figure>`),
)}
${rows}</div><figcaption>Drawn at random, not chosen; below each reconstruction, with its own masks, the PSNR in dB.</figcaption></figure>`,
  };
}
