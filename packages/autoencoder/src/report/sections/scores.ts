import { histograms } from '../charts/histogram';
import { formatCount, formatFixed } from '../format';
import { html, type Markup } from '../html';
import type { PageSection } from '../page';
import type { ReportClass, ReportData } from '../report-data';
import { maskNames } from './masks';
import { renderExtremes } from './reconstructions';

/** How scores are distributed over images and classes, and both extremes. */
export function renderScores(data: ReportData): PageSection {
  const modes = (['own', 'fixed', 'other'] as const).filter((mode) => data.scores[mode]);
  const panels = (values: 'psnrsDb' | 'ssims') =>
    modes.map((mode) => ({
      name: modes.length > 1 ? maskNames[mode] : 'all images',
      color: mode,
      values: data.scores[mode]?.[values] ?? [],
    }));
  const hasSsim = data.scores.own?.ssims.some(Number.isFinite);
  return {
    id: 'scores',
    name: 'Scores',
    heading: 'Distribution of scores',
    content: html`<div class="stack"><div class="columns">
<figure><h3>PSNR of images</h3>${histograms(panels('psnrsDb'), { unit: 'dB', digits: 1 })}</figure>
${hasSsim && html`<figure><h3>SSIM of images</h3>${histograms(panels('ssims'), { unit: 'SSIM', digits: 2 })}</figure>`}
</div>
<p class="note">Each bar counts images; the dashed line is their mean.</p>
${renderExtremes(data)}
${data.classes.length > 1 && classTable(data.classes)}
</div>`,
  };
}

function classTable(classes: readonly ReportClass[]): Markup {
  const rows = [...classes].sort((a, b) => a.summary.psnrDb - b.summary.psnrDb);
  return html`<details><summary>Scores of ${formatCount(classes.length)} classes, worst first</summary><div class="scroll"><table>
<thead><tr><th>class</th><th>images</th><th>PSNR, dB</th><th>SSIM</th></tr></thead><tbody>${rows.map(
    ({ label, name, summary }) =>
      html`<tr><th scope="row">${name ?? ''} ${
        label !== undefined && html`<span class="note">label ${label}</span>`
      }</th><td>${formatCount(summary.count)}</td><td>${formatFixed(summary.psnrDb, 2)}</td><td>${formatFixed(summary.ssim, 3)}</td></tr>`,
  )}</tbody></table></div></details>`;
}
