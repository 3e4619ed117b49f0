import type { MaskMode } from '../../network/masks';
import { type LineChart, lineChart, type Series } from '../charts/line-chart';
import { linearScale, logScale } from '../charts/scale';
import { formatCount, formatDb, formatFixed } from '../format';
import { html, type Markup } from '../html';
import type { PageSection } from '../page';
import type { ReportComparison, ReportComparisonRow, ReportData } from '../report-data';
import { maskNames } from './masks';

type Group = ReportComparison['groups'][number];

/** Compares the network with PCA, JPEG and thumbnails at equal sizes. */
export function renderBaselines({ comparison }: ReportData): PageSection | undefined {
  if (!comparison) return undefined;
  const { groups, missing, count } = comparison;
  const fitted = pcaSource(comparison);
  return {
    id: 'baselines',
    name: 'Baselines',
    heading: 'At equal size',
    content: html`<p>What do other codes achieve with the same number of bytes? PCA keeps as many coefficients as fit, with the network's bits each${fitted}. A
thumbnail keeps as many values of a smaller image. JPEG uses the best quality that fits each image, with colors at full or half
resolution, whichever is better; its headers and tables are not counted, nor are the network's weights and PCA's components.</p>
<p>${verdict(groups)}</p>
<div class="columns">
<figure class="stays"><h3>PSNR in dB over bytes per image</h3>${lineChart(rateChart(comparison))}
<figcaption>Higher and further left is better. ${formatCount(count)} images, per-image mean. Filled: the code as float32; hollow: rounded
to 8 bits per number. PCA's numbers are float32, a thumbnail's are bytes; JPEG and WebP
are at all qualities.${hasMasks(groups) && " With own masks, the masks' bytes are counted; fixed and foreign masks cost nothing."}</figcaption></figure>
<figure class="scroll"><table><thead><tr><th>method</th><th>bytes</th><th>PSNR, dB</th><th>SSIM</th>
<th class="narrow-hide">MS-SSIM</th></tr></thead><tbody>${groups.map((group) => groupRows(group, hasMasks(groups)))}</tbody></table></figure>
</div>
${missing.map((reason) => html`<p class="note">Left out: ${reason}</p>`)}`,
  };
}

function pcaSource({ pcaFittedOn, pcaFittedOf, pcaMirrored }: ReportComparison): string {
  if (pcaFittedOn === undefined) return '';
  const mirrored = pcaMirrored ? ' and their mirror images' : '';
  const all = pcaFittedOf ?? pcaFittedOn;
  if (pcaFittedOn === all) return `, fitted to ${formatCount(all)} training images${mirrored}`;
  return `, fitted to ${formatCount(pcaFittedOn)} of the ${formatCount(all)} training images, evenly spaced${mirrored && `,${mirrored}`}`;
}

/** States the results of the two fair comparisons. */
function verdict(groups: readonly Group[]): string {
  return groups
    .filter(({ codeBits }) => codeBits === 32)
    .map(({ counted, budgetBytes, rows }) => {
      const psnrOf = ({ summary }: ReportComparisonRow) => summary?.psnrDb ?? Number.NEGATIVE_INFINITY;
      const others = rows.filter(({ method, summary }) => method !== 'autoencoder' && summary);
      const [best] = rows.filter(({ method }) => method === 'autoencoder').sort((a, b) => psnrOf(b) - psnrOf(a));
      const list = others
        .map(({ method, summary }) => `${methodNames[method]} ${formatDb(summary?.psnrDb)}`)
        .join(', ');
      const what = counted === 'code' ? 'code alone' : 'code and masks';
      const how = best.masks && best.masks !== 'own' ? ` with ${maskNames[best.masks]}` : '';
      return `In the ${formatCount(budgetBytes)} bytes of its ${what} the network reaches ${formatDb(best.summary?.psnrDb)}${how}${list && `; ${list}`}.`;
    })
    .join(' ');
}

const methodNames = { autoencoder: 'the network', pca: 'PCA', jpeg: 'JPEG', thumbnail: 'a thumbnail' };

/** Only if the decoder gets something besides the code is there an alternative to an image's own masks. */
function hasMasks(groups: readonly Group[]): boolean {
  return groups.some(({ counted }) => counted === 'code and masks');
}

function groupRows({ counted, codeBits, budgetBytes, rows }: Group, masked: boolean): Markup {
  const best = Math.max(...rows.map(({ summary }) => summary?.psnrDb ?? Number.NEGATIVE_INFINITY));
  const bits = codeBits === 32 ? 'float32' : `${codeBits} bits per number`;
  return html`<tr class="group"><th colspan="5" scope="rowgroup">${formatCount(budgetBytes)} bytes: ${counted}, ${bits}</th></tr>
${rows.map((row) => tableRow(row, best, masked))}`;
}

function tableRow(row: ReportComparisonRow, best: number, masked: boolean): Markup {
  const { method, masks, components, size, bytes, summary } = row;
  const color = method === 'autoencoder' ? masks : method;
  const names = {
    autoencoder: `autoencoder${masks && masked ? `, ${maskNames[masks]}` : ''}`,
    pca: `PCA, ${formatCount(components ?? 0)} components`,
    jpeg: 'JPEG',
    thumbnail: `thumbnail${size ? ` of ${size.join(' × ')}` : ''}`,
  };
  const psnr = summary ? formatFixed(summary.psnrDb, 2) : 'too small';
  return html`<tr><th scope="row"><i class="swatch c-${color}"></i>${names[method]}</th><td>${summary ? formatCount(bytes) : '–'}</td>
<td${summary?.psnrDb === best && html` class="best"`}>${psnr}</td><td>${formatFixed(summary?.ssim, 3)}</td>
<td class="narrow-hide">${formatFixed(summary?.msSsim, 3)}</td></tr>`;
}

function rateChart({ curves, groups }: ReportComparison): LineChart {
  const curve = (method: keyof typeof curves) => curves[method].map(({ bytes, psnrDb }) => ({ x: bytes, y: psnrDb }));
  const curveSeries: Series[] = [
    { name: 'PCA', color: 'pca', points: curve('pca') },
    { name: 'JPEG', color: 'jpeg', points: curve('jpeg') },
    { name: 'WebP', color: 'webp', points: curve('webp') },
    { name: 'thumbnail', color: 'thumbnail', points: curve('thumbnail') },
  ];
  const series = [
    ...curveSeries.filter(({ points }) => points.length > 0),
    ...(['own', 'fixed', 'other'] as const).flatMap((masks) => networkSeries(groups, masks)),
  ];
  const all = series.flatMap((one) => one.points);
  return {
    description: 'PSNR over bytes for the autoencoder, PCA, JPEG, WebP and thumbnails',
    xLabel: 'bytes per image (logarithmic)',
    x: logScale(
      all.map(({ x }) => x),
      { base: 2 },
    ),
    y: linearScale(all.map(({ y }) => y)),
    series,
  };
}

/** One kind of masks: a ring for the code at 8 bits, a dot for float32, and a dashed line between the two. */
function networkSeries(groups: readonly Group[], masks: MaskMode): Series[] {
  const pointsWith = (bits: number) =>
    groups
      .filter(({ codeBits }) => codeBits === bits)
      .flatMap(({ rows }) => rows.filter((row) => row.masks === masks))
      .map(({ bytes, summary }) => ({ x: bytes, y: summary?.psnrDb ?? Number.NaN }));
  const [rounded, whole] = [pointsWith(8), pointsWith(32)];
  if (whole.length === 0) return [];
  return [
    { color: masks, shape: 'dashed', points: [...rounded, ...whole] },
    { color: masks, shape: 'rings', points: rounded },
    { name: hasMasks(groups) ? maskNames[masks] : 'autoencoder', color: masks, shape: 'dots', points: whole },
  ];
}
