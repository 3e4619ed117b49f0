import { formatFixed, formatNumberOf, formatSignificant } from '../format';
import { html, type Markup } from '../html';
import { linearScale, type Scale } from './scale';

export interface HistogramPanel {
  readonly name: string;
  readonly color: string;
  readonly values: readonly number[];
}

const width = 520;
const panel = { left: 14, right: 14, head: 34, bars: 66 };
const panelHeight = panel.head + panel.bars;
const axisHeight = 46;
const plotWidth = width - panel.left - panel.right;

/** Draws histograms of the same score below each other on a shared axis; values that are not finite are counted next to the name. */
export function histograms(
  panels: readonly HistogramPanel[],
  { unit, digits }: { unit: string; digits: number },
): Markup {
  const finite = panels.map((one) => {
    const perfect = one.values.filter((value) => value === Number.POSITIVE_INFINITY).length;
    return { ...one, values: one.values.filter(Number.isFinite), perfect };
  });
  const x = linearScale(
    finite.flatMap(({ values }) => values),
    { count: 8 },
  );
  const height = finite.length * panelHeight + axisHeight;
  const bottom = height - axisHeight;
  const names = panels.map(({ name }) => name).join(', ');
  return html`<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label="Histograms: ${names}">
${x.ticks.map((tick) => axisTick(tick, panel.left + x.position(tick) * plotWidth, bottom))}
${finite.map((one, i) => drawPanel(one, i * panelHeight, x, unit, digits))}
<text class="axis-label" x="${panel.left + plotWidth}" y="${height - 4}" text-anchor="end">${unit}</text>
</svg>`;
}

function axisTick(value: number, x: number, bottom: number): Markup {
  return html`<line class="grid" x1="${x}" x2="${x}" y1="${panel.head}" y2="${bottom + 4}"/>
<text class="tick" x="${x}" y="${bottom + 8}" dy="0.8em" text-anchor="middle">${formatSignificant(value)}</text>`;
}

function drawPanel(
  { name, color, values, perfect }: HistogramPanel & { readonly perfect: number },
  top: number,
  x: Scale,
  unit: string,
  digits: number,
): Markup {
  const bottom = top + panelHeight;
  const bins = countBins(values, x);
  const most = Math.max(1, ...bins);
  const [low, high] = x.domain;
  const binWidth = plotWidth / bins.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanX = panel.left + x.position(mean) * plotWidth;
  const meanLine =
    values.length > 0 &&
    html`<line class="mean" x1="${meanX}" x2="${meanX}" y1="${top + panel.head - 4}" y2="${bottom}"/>`;
  const words = [
    name,
    ...(values.length > 0 ? [`mean ${formatFixed(mean, digits)}`] : []),
    ...(perfect > 0 ? [`${formatNumberOf(perfect, 'perfect image')} left out`] : []),
  ];
  const bars = bins.map((count, i) => {
    if (count === 0) return undefined;
    const barHeight = (count / most) * panel.bars;
    const from = low + ((high - low) * i) / bins.length;
    const to = low + ((high - low) * (i + 1)) / bins.length;
    const tip = `${formatFixed(from, digits)} to ${formatFixed(to, digits)} ${unit}: ${formatNumberOf(count, 'image')}`;
    const left = panel.left + i * binWidth;
    return html`<rect class="bar" x="${left + 0.5}" y="${bottom - barHeight}" width="${binWidth - 1}" height="${barHeight}" data-tip="${tip}"/>`;
  });
  return html`<g class="c-${color}"><line class="base" x1="${panel.left}" x2="${panel.left + plotWidth}" y1="${bottom}" y2="${bottom}"/>${bars}
${meanLine}
<text class="panel-name" x="${panel.left}" y="${top + 24}">${words.join(', ')}</text></g>`;
}

/** Counts values in bins of equal width over the axis: about the square root of their number, 8 to 40. */
function countBins(values: readonly number[], { position }: Scale): number[] {
  const count = Math.min(40, Math.max(8, Math.round(2 * Math.sqrt(values.length))));
  const bins = new Array<number>(count).fill(0);
  for (const value of values) bins[Math.min(count - 1, Math.floor(position(value) * count))]++;
  return bins;
}
