/**
 * The code of blocks by the eigenvectors of their coefficients' covariance (the Karhunen-Loève transform). There are too few images to
 * determine all covariances, so those between different coefficients are shrunk, or estimated with mirror images, too: then the covariances
 * of even with odd coefficients are zero, and each kind has its own eigenvectors.
 */
import { Reflector } from '../../linear-algebra/reflector';
import { rowProducts } from '../../linear-algebra/row-products';
import { finish } from '../../linear-algebra/steps';
import { reduceToTridiagonal, type Tridiagonal } from '../../linear-algebra/tridiagonal';
import { eigenvaluesOf } from '../../linear-algebra/tridiagonal-values';
import { tridiagonalVectors } from '../../linear-algebra/tridiagonal-vectors';
import { type BlockPlan, fewBlocks } from './block-plan';
import type { BlockRange, BlockTable, Pause } from './block-statistics';
import { CovarianceProblem, type EigenProblem, GramProblem } from './eigen-problem';
import { firstColumns } from './linear-code';
import { isOdd, type Ranking } from './ranking';

/** Consecutive coefficients in a ranking. */
interface Band {
  readonly first: number;
  readonly width: number;
}

/** A basis `[coefficients, numbers]` of a code: the first coefficients unchanged, and mixtures of a band of others. */
export interface Basis extends Band {
  readonly matrix: Float64Array;
}

/** Maximum number of coefficients whose eigenvectors are computed at once. */
const widestGroup = 1024;
/** The same, for the even and odd ones together. */
const widestMirrored = 1536;
/** The same, per known block: few blocks cannot determine many coefficients. */
const widestPerBlock = 4;
/** With so few blocks, it takes little time to try several mixtures of coefficients and eigenvectors. */
export const fewToMix = 512;
/** Eigenvalues below this fraction of the largest are rounding errors of 0. */
const noise = 1e-10;

/** The code that keeps the first coefficients. */
export function cosineBasis({ coefficients, numbers }: BlockPlan): Basis {
  return { matrix: firstColumns(coefficients, numbers), first: numbers, width: 0 };
}

/** A code by eigenvectors: its coefficients, and the eigenvalue problems. */
export class EigenCode {
  readonly ranking: Ranking;
  readonly band: Band;
  readonly #plan: BlockPlan;
  readonly #problems: readonly EigenProblem[];

  private constructor(plan: BlockPlan, ranking: Ranking, band: Band, problems: readonly EigenProblem[]) {
    this.#plan = plan;
    this.ranking = ranking;
    this.band = band;
    this.#problems = problems;
  }

  /**
   * Returns the eigenvectors of the band of coefficients that are neither certainly in the code nor certainly out of it, without and with
   * shrinkage.
   */
  static ofBand(table: BlockTable, plan: BlockPlan, ranking: Ranking): EigenCode[] {
    const { coefficients, numbers } = plan;
    const width = bandWidth(table, plan, ranking);
    const band = { first: Math.max(0, Math.min(coefficients - width, numbers - Math.floor(width / 2))), width };
    const problems = groupsOf(band, plan, ranking).map((group) => new CovarianceProblem({ table, ranking, group }));
    const shrunk = problems.map((problem) => problem.shrunk('chance'));
    return [problems, shrunk].map((each) => new EigenCode(plan, ranking, band, each));
  }

  /**
   * Returns the eigenvectors of all coefficients but the first ones, which are kept unchanged: as few as known blocks allow, half, or three
   * quarters of the code. Many axes are better the more images have in common, many coefficients the less. None if it takes too long.
   */
  static ofAll(table: BlockTable, plan: BlockPlan, ranking: Ranking, known: number): EigenCode[] {
    const { coefficients, numbers } = plan;
    if (table.count > fewBlocks || coefficients <= bandWidth(table, plan, ranking)) return [];
    const most = Math.min(numbers, ranking.isMirrored ? 2 * known - 1 : known - 1);
    const counts = table.count > fewToMix ? [most] : [most, Math.ceil(most / 2), Math.ceil(most / 4)];
    return [...new Set(counts)].map((count) => {
      const band = { first: numbers - count, width: coefficients - numbers + count };
      const problems = groupsOf(band, plan, ranking).map((group) => new GramProblem({ table, ranking, group }));
      return new EigenCode(plan, ranking, band, problems);
    });
  }

  /** Returns how much of each block of a range the code computed from the blocks before the range retains: the sum of squares. */
  async keptOf(range: BlockRange, table: BlockTable, pause: Pause): Promise<Float64Array> {
    const [from, to] = range;
    const kept = new Float64Array(to - from);
    const { positions, means } = this.ranking;
    for (let block = from; block < to; block++) {
      for (let i = 0; i < this.band.first; i++) {
        kept[block - from] += (table.data[block * table.values + positions[i]] - means[i]) ** 2;
      }
    }
    for (const { problem, form, values, count } of await this.#solve(from, pause)) {
      const vectors = await finish(tridiagonalVectors(form, values, count), pause);
      const rows = problem.rows(range, from);
      await finish(new Reflector(form).forth(rows), pause);
      const products = await finish(rowProducts(rows, vectors, form.diagonal.length), pause);
      for (let i = 0; i < products.length; i++) {
        kept[Math.floor(i / count)] += products[i] ** 2 * problem.squareScale(values[i % count]);
      }
    }
    return kept;
  }

  /** Returns the basis of the code computed from blocks up to `to`, with so many axes more than the code has numbers. */
  async basis(to: number, pause: Pause, more = 0): Promise<Basis> {
    const axes: Axis[] = [];
    for (const { problem, form, values, count } of await this.#solve(to, pause, more)) {
      const vectors = await finish(tridiagonalVectors(form, values, count), pause);
      await finish(new Reflector(form).back(vectors), pause);
      const { group } = problem;
      const found = await problem.axes(vectors, pause);
      for (let i = 0; i < count; i++) {
        axes.push({ value: values[i], group, entries: found.subarray(i * group.length, (i + 1) * group.length) });
      }
    }
    axes.sort((a, b) => b.value - a.value);
    const { coefficients, numbers } = this.#plan;
    return { ...this.band, matrix: matrixOf(axes, this.band.first, coefficients, numbers + more) };
  }

  /** Finds the eigenvalues of all problems, and how many of the largest overall belong to each. */
  async #solve(to: number, pause: Pause, more = 0): Promise<Solution[]> {
    const solutions: { problem: EigenProblem; form: Tridiagonal; values: Float64Array }[] = [];
    for (const problem of this.#problems) {
      const matrix = await problem.matrix(to, pause);
      const form = await finish(reduceToTridiagonal(matrix, Math.sqrt(matrix.length)), pause);
      solutions.push({ problem, form, values: eigenvaluesOf(form) });
      await pause();
    }
    const all = Float64Array.from(solutions.flatMap(({ values }) => [...values]))
      .sort()
      .reverse();
    const wanted = Math.min(this.#plan.numbers + more - this.band.first, all.length);
    const least = Math.max(all[wanted - 1], noise * all[0]);
    let left = wanted;
    return solutions.map((solution) => {
      const count = Math.min(left, solution.values.filter((value) => value >= least).length);
      left -= count;
      return { ...solution, count };
    });
  }
}

interface Solution {
  readonly problem: EigenProblem;
  readonly form: Tridiagonal;
  readonly values: Float64Array;
  readonly count: number;
}

/** An eigenvector's entry for each coefficient of a group. */
interface Axis {
  readonly value: number;
  readonly group: Int32Array;
  readonly entries: Float64Array;
}

/** Default number of coefficients whose eigenvectors are computed. */
function bandWidth(table: BlockTable, { coefficients }: BlockPlan, { isMirrored }: Ranking): number {
  return Math.min(coefficients, isMirrored ? widestMirrored : widestGroup, widestPerBlock * table.count);
}

/** The coefficients of a band that may be correlated, by their positions in the ranking. */
function groupsOf({ first, width }: Band, plan: BlockPlan, ranking: Ranking): Int32Array[] {
  const band = Int32Array.from({ length: width }, (_, i) => first + i);
  if (!ranking.isMirrored) return [band];
  const groups = [false, true].map((odd) => band.filter((i) => isOdd(ranking.positions[i], plan) === odd));
  return groups.filter(({ length }) => length > 0);
}

/** Moves axes to their positions among all coefficients of a code, each with the sign that makes its largest entry positive. */
function matrixOf(axes: readonly Axis[], first: number, coefficients: number, numbers: number): Float64Array {
  const matrix = firstColumns(coefficients, numbers, first);
  for (const [j, { group, entries }] of axes.entries()) {
    let largest = 0;
    for (const entry of entries) if (Math.abs(entry) > Math.abs(largest) + 1e-9) largest = entry;
    const sign = largest < 0 ? -1 : 1;
    for (const [i, place] of group.entries()) matrix[place * numbers + first + j] = sign * entries[i];
  }
  return matrix;
}
