/** Scores, times and large numbers as reports show them. */
import { formatCount, formatDuration } from '@ae/ground/numbers';

export { formatBytes, formatCount, formatDuration, formatNumberOf } from '@ae/ground/numbers';

/** `20.938` -> `20.94`; a perfect image is `∞`; no number is `–`, also as the null that JSON makes of NaN. */
export function formatFixed(value: number | null | undefined, digits: number): string {
  if (typeof value !== 'number' || Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  return value.toFixed(digits).replace('-', '−');
}

export function formatDb(value: number | null | undefined): string {
  const number = formatFixed(value, 2);
  return number === '–' ? number : `${number} dB`;
}

/** `311000` ms -> `5.2 min`: one number and one unit. */
export function formatShortDuration(ms: number): string {
  if (ms < 100_000) return formatDuration(ms);
  return ms < 6_000_000 ? `${(ms / 60_000).toFixed(1)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}

/** Three significant digits without an exponent where that is short: `0.000123`, `0.0457`, `12.3`, `1.2e-7`. */
export function formatSignificant(value: number): string {
  if (value === 0) return '0';
  if (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e6) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}

/** Three significant digits, zeros included, so that a column of numbers lines up: `7.00`, `0.912`, `12.3`. */
export function formatPrecise(value: number): string {
  return Math.abs(value) >= 1e-3 && Math.abs(value) < 1000 ? value.toPrecision(3) : formatSignificant(value);
}

/** `14766515` -> `14.8 M`, `8123` -> `8,123`. */
export function formatMillions(value: number): string {
  return value < 1e6 ? formatCount(value) : `${(value / 1e6).toFixed(1)} M`;
}
