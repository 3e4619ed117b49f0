/** Numbers as people read them. */

/** `12345.6` -> `12,346`. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `1536` -> `1,536 B`, `123456` -> `123 kB` (1 kB = 1000 B). */
export function formatBytes(bytes: number): string {
  if (bytes < 100_000) return `${formatCount(bytes)} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(0)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

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

/** `192000` ms -> `3 min 12 s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
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

/** `2 images`, `1 image`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** `14766515` -> `14.8 M`, `8123` -> `8,123`. */
export function formatMillions(value: number): string {
  return value < 1e6 ? formatCount(value) : `${(value / 1e6).toFixed(1)} M`;
}
