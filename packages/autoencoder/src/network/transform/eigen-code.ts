/**
 * The code of blocks by eigenvectors of their coefficients' covariance (the Karhunen-Loève transform). Images are too few to know all covariances,
 * so the ones between different coefficients are shrunk, or taken from mirror images, too: then those of even with odd coefficients are zero, and
 * each kind has eigenvectors of its own.
 */
import { eigenvectors } from '../../linear-algebra/eigenvectors';
import type { BlockPlan } from './architecture';
import { type BlockRange, type BlockTable, chanceOf, covarianceOf, type Pause } from './block-statistics';
import { firstColumns } from './linear-code';
import { isOdd, type Ranking } from './ranking';

/** Coefficients side by side in a ranking. */
interface Band {
  readonly first: number;
  readonly width: number;
}

/** A basis `[coefficients, numbers]` of a code: the first coefficients as they are, and mixtures of a band of others. */
export interface Basis extends Band {
  readonly matrix: Float64Array;
}

/** How much covariances are shrunk: not at all, or by the part of the correlations that is chance. */
export type Shrinkage = 'none' | 'chance';

/** Coefficients that eigenvectors are computed of at once, at most. */
const widestGroup = 1024;
/** The same, of the even and of the odd ones together. */
const widestMirrored = 1536;
/** The same, for each block that is known: few tell nothing of many. */
const widestPerBlock = 4;

/** The code that keeps the first coefficients. */
export function cosineBasis({ coefficients, numbers }: BlockPlan): Basis {
  return { matrix: firstColumns(coefficients, numbers), first: numbers, width: 0 };
}

/** The band of coefficients that are neither surely in the code nor surely out of it. */
function bandOf({ coefficients, numbers }: BlockPlan, { isMirrored }: Ranking, blocks: number): Band {
  const width = Math.min(coefficients, isMirrored ? widestMirrored : widestGroup, widestPerBlock * blocks);
  return { first: Math.max(0, Math.min(coefficients - width, numbers - Math.floor(width / 2))), width };
}

/** Computes bases of eigenvectors, one for each shrinkage. */
export async function eigenBases(
  table: BlockTable,
  range: BlockRange,
  plan: BlockPlan,
  ranking: Ranking,
  wanted: readonly Shrinkage[],
  pause: Pause,
): Promise<Basis[]> {
  const band = bandOf(plan, ranking, table.count);
  const kept = plan.numbers - band.first;
  const found: Vector[][] = wanted.map(() => []);
  for (const group of groupsOf(band, plan, ranking)) {
    const positions = group.map((i) => ranking.positions[i]);
    const scatter = { table, range, positions, means: ranking.allMeans, weights: ranking.weights };
    const covariance = await covarianceOf(scatter, pause);
    const parts = { none: 0, chance: wanted.includes('chance') ? await chanceOf(scatter, covariance, pause) : 0 };
    const n = group.length;
    for (const [k, name] of wanted.entries()) {
      const shrunk = covariance.map((value, i) => (i % (n + 1) === 0 ? value : value * (1 - parts[name])));
      const count = Math.min(n, kept);
      const { values, vectors } = await eigenvectors(shrunk, n, count, pause);
      for (const [column, value] of values.entries()) found[k].push({ value, group, vectors, column, count });
    }
  }
  return found.map((vectors) => ({ ...band, matrix: matrixOf(largest(vectors, kept), band.first, plan) }));
}

/** An eigenvector: a column of those `[group, count]` of a group of coefficients. */
interface Vector {
  readonly value: number;
  readonly group: Int32Array;
  readonly vectors: Float64Array;
  readonly column: number;
  readonly count: number;
}

/** The coefficients of a band that may have to do with each other, by their places in the ranking. */
function groupsOf({ first, width }: Band, plan: BlockPlan, ranking: Ranking): Int32Array[] {
  const band = Int32Array.from({ length: width }, (_, i) => first + i);
  if (!ranking.isMirrored) return [band];
  const groups = [false, true].map((odd) => band.filter((i) => isOdd(ranking.positions[i], plan) === odd));
  return groups.filter(({ length }) => length > 0);
}

/** The vectors of the largest eigenvalues; of equal ones, in the order that they have. */
function largest(vectors: readonly Vector[], count: number): Vector[] {
  return [...vectors].sort((a, b) => b.value - a.value).slice(0, count);
}

/** Puts eigenvectors where they are among all coefficients of a code. */
function matrixOf(vectors: readonly Vector[], first: number, { coefficients, numbers }: BlockPlan): Float64Array {
  const matrix = firstColumns(coefficients, numbers, first);
  for (const [j, vector] of vectors.entries()) {
    for (const [i, place] of vector.group.entries()) {
      matrix[place * numbers + first + j] = vector.vectors[i * vector.count + vector.column];
    }
  }
  return matrix;
}
