import { formatCount, formatSignificant } from '../format';
import { html, type Markup } from '../html';
import type { Scale } from './scale';

export interface Series {
  /** For the legend; a series without a name does not appear in it. */
  readonly name?: string;
  /** The name of a color of the page, such as `own`, `pca`, `jpeg`, or `run-1`. */
  readonly color: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** A line (default), a thin line, a dashed line, a line with a dot at each point, or dots alone, filled or hollow. */
  readonly shape?: 'line' | 'faint' | 'dashed' | 'dotted-line' | 'dots' | 'rings';
  /** Text above the last point, for dots that need their own name. */
  readonly label?: string;
}

export interface LineChart {
  /** Alternative text for screen readers. */
  readonly description: string;
  readonly xLabel: string;
  readonly x: Scale;
  readonly y: Scale;
  readonly series: readonly Series[];
  /** The text shown when the pointer is over the chart at `x`. */
  readonly tips?: readonly { readonly x: number; readonly text: string }[];
}

const [width, height] = [520, 300];
const plot = { left: 58, right: 14, top: 12, bottom: 54 };
const plotWidth = width - plot.left - plot.right;
const plotHeight = height - plot.top - plot.bottom;

/** Draws lines and dots over two axes; the title with the unit of y belongs above it. */
export function lineChart(chart: LineChart): Markup {
  const { description, x, y, series, tips = [] } = chart;
  const at = { x: (value: number) => plot.left + x.position(value) * plotWidth, y: yAt(y) };
  return html`${legend(series)}
<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label="${description}">
${y.ticks.map((tick) => horizontalTick(tick, at.y(tick)))}
${x.ticks.map((tick) => verticalTick(tick, at.x(tick)))}
<text class="axis-label" x="${plot.left + plotWidth}" y="${height - 6}" text-anchor="end">${chart.xLabel}</text>
${series.map((one) => drawSeries(one, at))}
${tips.map(({ text }, i) => hitArea(tips, i, text, at.x))}
</svg>`;
}

const yAt = (scale: Scale) => (value: number) => plot.top + (1 - scale.position(value)) * plotHeight;

function legend(series: readonly Series[]): Markup | undefined {
  const named = series.filter(({ name }) => name);
  if (named.length < 2) return undefined;
  return html`<ul class="legend">${named.map(
    ({ name, color, shape }) => html`<li><i class="key ${shape ?? 'line'} c-${color}"></i>${name}</li>`,
  )}</ul>`;
}

function horizontalTick(value: number, y: number): Markup {
  return html`<line class="grid" x1="${plot.left}" x2="${plot.left + plotWidth}" y1="${px(y)}" y2="${px(y)}"/>
<text class="tick" x="${plot.left - 8}" y="${px(y)}" dy="0.32em" text-anchor="end">${formatTick(value)}</text>`;
}

function verticalTick(value: number, x: number): Markup {
  const bottom = plot.top + plotHeight;
  return html`<line class="grid mark" x1="${px(x)}" x2="${px(x)}" y1="${bottom}" y2="${bottom + 4}"/>
<text class="tick" x="${px(x)}" y="${bottom + 8}" dy="0.8em" text-anchor="middle">${formatTick(value)}</text>`;
}

function formatTick(value: number): string {
  return Math.abs(value) >= 1000 ? formatCount(value) : formatSignificant(value);
}

function drawSeries({ points, color, shape = 'line', label }: Series, at: Position): Markup {
  const placed = points
    .filter(({ x, y }) => Number.isFinite(x) && !Number.isNaN(y))
    // A perfect score is beyond the axis; it is drawn at its edge.
    .map(({ x, y }) => ({ x: at.x(x), y: Math.min(plot.top + plotHeight, Math.max(plot.top, at.y(y))) }))
    .filter(({ y }) => Number.isFinite(y));
  const line = placed.map(({ x, y }) => `${px(x)},${px(y)}`).join(' ');
  const dots = shape === 'dots' || shape === 'dotted-line' || shape === 'rings' || placed.length === 1;
  return html`<g class="series ${shape} c-${color}">${
    shape !== 'dots' && shape !== 'rings' && html`<polyline points="${line}"/>`
  }${dots && placed.map(({ x, y }) => html`<circle cx="${px(x)}" cy="${px(y)}" r="${shape === 'dotted-line' ? 2.5 : 5}"/>`)}${
    label && placed.length > 0 && labelAbove(label, placed[placed.length - 1])
  }</g>`;
}

interface Position {
  x(value: number): number;
  y(value: number): number;
}

/** Above a point; in the right half to the left of it, where there is space. */
function labelAbove(text: string, { x, y }: { x: number; y: number }): Markup {
  const left = x > plot.left + plotWidth / 2;
  return html`<text class="point-label" x="${px(x + (left ? 6 : -6))}" y="${px(y - 12)}" text-anchor="${
    left ? 'end' : 'start'
  }">${text}</text>`;
}

/** An invisible column around a point, halfway to its neighbors. */
function hitArea(tips: readonly { x: number }[], i: number, text: string, x: (value: number) => number): Markup {
  const middle = x(tips[i].x);
  const from = i === 0 ? plot.left : (x(tips[i - 1].x) + middle) / 2;
  const to = i === tips.length - 1 ? plot.left + plotWidth : (middle + x(tips[i + 1].x)) / 2;
  return html`<rect class="hit" x="${px(from)}" y="${plot.top}" width="${px(Math.max(0, to - from))}" height="${plotHeight}" data-tip="${text}"/>`;
}

/** A precision of a tenth of a pixel is enough. */
function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}
