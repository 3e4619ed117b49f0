/** Fits Gaussians to points by expectation maximization (Dempster et al., 1977), starting from k-means clusters. */
import type { Random } from '../data/random';
import { cholesky, solveLower } from '../linear-algebra/cholesky';

/** Points, row by row. */
export interface Points {
  readonly count: number;
  readonly width: number;
  /** `[count, width]`. */
  readonly values: Float64Array;
}

/** A Gaussian and its share of the points. */
export interface Component {
  readonly share: number;
  /** `[width]`. */
  readonly mean: Float64Array;
  /** `[width, width]`. */
  readonly covariance: Float64Array;
}

const clusterRounds = 12;
const fitRounds = 12;

interface FitOptions {
  readonly components: number;
  readonly pause: () => Promise<void>;
}

/** Fits Gaussians; also returns each one's share of each point: `weights[component][point]`. */
export async function fitComponents(
  points: Points,
  random: Random,
  { components: wanted, pause }: FitOptions,
): Promise<{ components: Component[]; weights: Float64Array[] }> {
  let weights = await cluster(points, Math.min(wanted, points.count), random, pause);
  let components = maximize(points, weights);
  for (let round = 0; round < fitRounds && components.length > 1; round++) {
    weights = await expect(points, components, pause);
    components = maximize(points, weights);
  }
  return { components, weights };
}

/** k-means, started from points that are far apart (k-means++). */
async function cluster(points: Points, k: number, random: Random, pause: () => Promise<void>): Promise<Float64Array[]> {
  const { count, width } = points;
  let centers = await spreadCenters(points, k, random, pause);
  let weights: Float64Array[] = [];
  for (let round = 0; round < clusterRounds; round++) {
    weights = centers.map(() => new Float64Array(count));
    for (let i = 0; i < count; i++) weights[nearest(points, i, centers)][i] = 1;
    // A cluster that lost all its points keeps its center.
    centers = weights.map((own, c) => (sum(own) > 0 ? weightedMean(points, own) : centers[c]));
    await pause();
  }
  const kept = weights.filter((own) => sum(own) > 0);
  return width === 0 ? [new Float64Array(count).fill(1)] : kept;
}

async function spreadCenters(
  points: Points,
  k: number,
  random: Random,
  pause: () => Promise<void>,
): Promise<Float64Array[]> {
  const { count, width, values } = points;
  const pointAt = (i: number) => values.slice(i * width, (i + 1) * width);
  const centers = [pointAt(Math.min(count - 1, Math.floor(random.uniform() * count)))];
  const distances = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  while (centers.length < k) {
    const last = centers[centers.length - 1];
    for (let i = 0; i < count; i++) distances[i] = Math.min(distances[i], distance(points, i, last));
    let left = random.uniform() * sum(distances);
    let chosen = 0;
    while (chosen < count - 1 && left >= distances[chosen]) left -= distances[chosen++];
    centers.push(pointAt(chosen));
    await pause();
  }
  return centers;
}

function nearest(points: Points, i: number, centers: readonly Float64Array[]): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (const [c, center] of centers.entries()) {
    const far = distance(points, i, center);
    if (far < least) [best, least] = [c, far];
  }
  return best;
}

function distance({ width, values }: Points, i: number, to: Float64Array): number {
  let squares = 0;
  for (let a = 0; a < width; a++) squares += (values[i * width + a] - to[a]) ** 2;
  return squares;
}

/** Returns each component's share of each point. */
async function expect(
  points: Points,
  components: readonly Component[],
  pause: () => Promise<void>,
): Promise<Float64Array[]> {
  const { count, width, values } = points;
  const logs = components.map(() => new Float64Array(count));
  const difference = new Float64Array(width);
  for (const [k, { share, mean, covariance }] of components.entries()) {
    const lower = cholesky(covariance, width);
    let constant = Math.log(share);
    for (let a = 0; a < width; a++) constant -= Math.log(lower[a * width + a]);
    for (let i = 0; i < count; i++) {
      for (let a = 0; a < width; a++) difference[a] = values[i * width + a] - mean[a];
      solveLower(lower, difference);
      let squares = 0;
      for (const value of difference) squares += value * value;
      logs[k][i] = constant - squares / 2;
    }
    await pause();
  }
  for (let i = 0; i < count; i++) {
    const most = Math.max(...logs.map((own) => own[i]));
    let total = 0;
    for (const own of logs) total += own[i] = Math.exp(own[i] - most);
    for (const own of logs) own[i] /= total;
  }
  return logs;
}

/**
 * Returns the Gaussians of maximum likelihood; the fewer points there are, the more their covariances are shrunk toward what all have in
 * common.
 */
function maximize(points: Points, weights: readonly Float64Array[]): Component[] {
  const { count, width } = points;
  const kept = weights.filter((own) => sum(own) > 1e-6);
  const raw = kept.map((own) => {
    const mean = weightedMean(points, own);
    return { total: sum(own), mean, scatter: scatterOf(points, own, mean) };
  });
  const common = new Float64Array(width * width);
  for (const { scatter } of raw) for (let i = 0; i < common.length; i++) common[i] += scatter[i] / count;
  const [strength, floor] = [width / 2, 1e-6 * trace(common, width) + Number.MIN_VALUE ** 0.25];
  return raw.map(({ total, mean, scatter }) => {
    const covariance = scatter.map((value, i) => (value + strength * common[i]) / (total + strength));
    for (let a = 0; a < width; a++) covariance[a * width + a] += floor;
    return { share: total / count, mean, covariance };
  });
}

function weightedMean({ count, width, values }: Points, weights: Float64Array): Float64Array {
  const mean = new Float64Array(width);
  let total = 0;
  for (let i = 0; i < count; i++) {
    if (weights[i] === 0) continue;
    total += weights[i];
    for (let a = 0; a < width; a++) mean[a] += weights[i] * values[i * width + a];
  }
  return mean.map((value) => value / total);
}

function scatterOf({ count, width, values }: Points, weights: Float64Array, mean: Float64Array): Float64Array {
  const scatter = new Float64Array(width * width);
  const difference = new Float64Array(width);
  for (let i = 0; i < count; i++) {
    if (weights[i] < 1e-9) continue;
    for (let a = 0; a < width; a++) difference[a] = values[i * width + a] - mean[a];
    for (let a = 0; a < width; a++) {
      const scaled = weights[i] * difference[a];
      for (let b = 0; b <= a; b++) scatter[a * width + b] += scaled * difference[b];
    }
  }
  for (let a = 0; a < width; a++) for (let b = 0; b < a; b++) scatter[b * width + a] = scatter[a * width + b];
  return scatter;
}

function trace(matrix: Float64Array, n: number): number {
  let total = 0;
  for (let a = 0; a < n; a++) total += matrix[a * n + a] / n;
  return total;
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
