/** Maps data to positions and chooses the numbers on an axis. */

export interface Scale {
  /** The smallest and largest values that the axis shows. */
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
  /** Maps a value of the domain to 0 to 1. */
  position(value: number): number;
}

/** Makes a linear axis for `values`, ending at round numbers if `round` is set; at least `minSpan` long. */
export function linearScale(values: readonly number[], { round = true, count = 5, minSpan = 0 } = {}): Scale {
  let [min, max] = extent(values);
  const span = Math.max(max - min, minSpan) || Math.abs(max) || 1;
  const middle = (min + max) / 2;
  if (max - min < span) [min, max] = [middle - span / 2, middle + span / 2];
  const step = niceStep((max - min) / count);
  if (round) [min, max] = [Math.floor(min / step + 1e-9) * step, Math.ceil(max / step - 1e-9) * step];
  const first = Math.ceil(min / step - 1e-9);
  const last = Math.floor(max / step + 1e-9);
  // Multiples of the step, rounded to its digits: 3 * 0.1 is 0.30000000000000004.
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  return { domain: [min, max], ticks, position: (value) => (value - min) / (max - min) };
}

/** 1, 2 or 5 times a power of ten, at least `rough`. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= rough * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** Makes a logarithmic axis for positive `values`, with ticks at 1, 2 and 5 times powers of ten, or at powers of `base` 2. */
export function logScale(values: readonly number[], { base = 10 }: { base?: 2 | 10 } = {}): Scale {
  const positive = values.filter((value) => value > 0 && Number.isFinite(value));
  // Errors that are all 0 have no place on such an axis; any will do.
  const [low, high] = positive.length > 0 ? extent(positive) : [0.1, 1];
  const margin = low === high ? 2 : 1.08;
  const [min, max] = [low / margin, high * margin];
  const position = (value: number) => Math.log(value / min) / Math.log(max / min);
  return { domain: [min, max], ticks: thin(logTicks(min, max, base)), position };
}

function logTicks(min: number, max: number, base: 2 | 10): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log(min) / Math.log(base)); base ** power <= max; power++) {
    for (const factor of base === 10 ? [1, 2, 5] : [1]) ticks.push(Number((factor * base ** power).toPrecision(12)));
  }
  return ticks.filter((tick) => tick >= min && tick <= max);
}

/** Keeps every second tick, or fewer, until there are at most eight. */
function thin(ticks: number[]): number[] {
  const every = Math.ceil(ticks.length / 8);
  return ticks.filter((_, i) => i % every === 0);
}

function extent(values: readonly number[]): [number, number] {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return min <= max ? [min, max] : [0, 1];
}
