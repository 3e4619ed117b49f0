/**
 * The code of blocks by eigenvectors of their coefficients' covariance (the Karhunen-Loève transform). Images are too few to know all covariances,
 * so the ones between different coefficients are shrunk; by how much, images tell that were put aside.
 */
import { eigenvectors } from '../../linear-algebra/eigenvectors';
import type { BlockPlan } from './architecture';
import { type BlockRange, type BlockTable, chanceOf, covarianceOf, type Pause } from './block-statistics';
import { firstColumns } from './linear-code';
import type { Ranking } from './ranking';

/** Coefficients that eigenvectors are computed of, at most: those that are neither surely in the code nor surely out of it. */
const widestBand = 1024;

/** How much covariances are shrunk: not at all, or by the part of the correlations that is chance. */
export type Shrinkage = 'none' | 'chance';
const shrinkages: readonly Shrinkage[] = ['none', 'chance'];

/** The band of coefficients, from `first` on, of which eigenvectors are computed: those before are in the code as they are. */
function bandOf({ coefficients, numbers }: BlockPlan): { first: number; width: number } {
  const width = Math.min(coefficients, widestBand);
  const first = Math.min(coefficients - width, numbers - 1);
  return { first: Math.max(0, first), width };
}

/** Computes bases of a code, `[coefficients, numbers]`, one for each shrinkage. */
export async function eigenBases(
  table: BlockTable,
  range: BlockRange,
  plan: BlockPlan,
  { positions, allMeans, weights }: Ranking,
  wanted: readonly Shrinkage[],
  pause: Pause,
): Promise<Float64Array[]> {
  const { first, width } = bandOf(plan);
  const kept = plan.numbers - first;
  const scatter = { table, range, positions: positions.slice(first, first + width), means: allMeans, weights };
  const covariance = await covarianceOf(scatter, pause);
  const parts = { none: 0, chance: wanted.includes('chance') ? await chanceOf(scatter, covariance, pause) : 0 };
  const bases: Float64Array[] = [];
  for (const name of wanted) {
    const shrunk = covariance.map((value, i) => (i % (width + 1) === 0 ? value : value * (1 - parts[name])));
    bases.push(inPlace(await eigenvectors(shrunk, width, kept, pause), plan));
  }
  return bases;
}

/** Puts eigenvectors of the band where they are among all coefficients of a code. */
function inPlace(vectors: Float64Array, plan: BlockPlan): Float64Array {
  const { first, width } = bandOf(plan);
  const kept = plan.numbers - first;
  const basis = firstColumns(plan.coefficients, plan.numbers, first);
  for (let i = 0; i < width; i++) {
    basis.set(vectors.subarray(i * kept, (i + 1) * kept), (first + i) * plan.numbers + first);
  }
  return basis;
}

/** Decibels by which eigenvectors must be better than cosines, which need no estimate, and half the time. */
const worthwhileDb = 0.05;

/** Finds out what images of `aside` are best coded by, if `known` is all that is known: by cosines (undefined), or by eigenvectors. */
export async function chooseShrinkage(
  table: BlockTable,
  [known, aside]: readonly [BlockRange, BlockRange],
  plan: BlockPlan,
  ranking: Ranking,
  pause: Pause,
): Promise<Shrinkage | undefined> {
  const bases = await eigenBases(table, known, plan, ranking, shrinkages, pause);
  const images = (aside[1] - aside[0]) / table.perImage;
  let [best, most]: [Shrinkage | undefined, number] = [undefined, (worthwhileDb * images * Math.LN10) / 10];
  for (const [i, basis] of bases.entries()) {
    const gain = await gainOf(table, aside, plan, ranking, basis, pause);
    if (gain > most) [best, most] = [shrinkages[i], gain];
  }
  return best;
}

/** How much less error a code leaves than as many cosines, in images that it does not know: the sum of the logarithms' difference. */
async function gainOf(
  table: BlockTable,
  [from, to]: BlockRange,
  plan: BlockPlan,
  { positions, means, allMeans }: Ranking,
  basis: Float64Array,
  pause: Pause,
): Promise<number> {
  const { first, width } = bandOf(plan);
  const kept = plan.numbers - first;
  // One more than there are, for they are taken two at a time.
  const rest = new Float64Array(width + 1);
  const isCertain = new Uint8Array(table.values);
  for (const position of positions.subarray(0, first)) isCertain[position] = 1;
  let gain = 0;
  for (let image = from; image < to; image += table.perImage) {
    let [byCosines, byVectors, all] = [0, 0, 0];
    for (let b = image; b < image + table.perImage; b++) {
      const block = table.data.subarray(b * table.values, (b + 1) * table.values);
      const code = new Float64Array(kept);
      for (let i = 0; i < width; i++) {
        rest[i] = block[positions[first + i]] - means[first + i];
        if (i < kept) byCosines += rest[i] * rest[i];
      }
      for (let i = 0; i < width; i += 2) {
        addScaled(code, basis, (first + i) * plan.numbers + first, plan.numbers, rest[i], rest[i + 1]);
      }
      for (const value of code) byVectors += value * value;
      all += squaresOf(block, allMeans, isCertain);
    }
    // What rounding leaves of an image is no error.
    const least = 1e-9 * all + Number.MIN_VALUE;
    gain += Math.log(Math.max(least, all - byCosines) / Math.max(least, all - byVectors));
    await pause();
  }
  return gain;
}

/** Blocks that tell how far the numbers of a code vary. */
const mostBlocks = 4096;

/** Measures the standard deviation of each number of a code. */
export async function deviationsOf(
  table: BlockTable,
  plan: BlockPlan,
  { positions, means }: Ranking,
  basis: Float64Array,
  pause: Pause,
): Promise<Float64Array> {
  const { numbers } = plan;
  const { first, width } = bandOf(plan);
  const squares = new Float64Array(numbers);
  const count = Math.min(table.count, mostBlocks);
  const row = new Float64Array(first + width + 1);
  for (let b = 0; b < count; b++) {
    for (let i = 0; i < first + width; i++) row[i] = table.data[b * table.values + positions[i]] - means[i];
    const code = new Float64Array(numbers - first);
    for (let i = first; i < first + width; i += 2) {
      addScaled(code, basis, i * numbers + first, numbers, row[i], row[i + 1]);
    }
    for (let j = 0; j < numbers; j++) squares[j] += (j < first ? row[j] : code[j - first]) ** 2;
    await pause();
  }
  return squares.map((sum) => Math.sqrt(sum / count));
}

/** The squares of what a block has beside the means, without some. */
function squaresOf(block: Float32Array, means: Float64Array, isLeftOut: Uint8Array): number {
  let sum = 0;
  for (let k = 0; k < block.length; k++) if (!isLeftOut[k]) sum += (block[k] - means[k]) ** 2;
  return sum;
}

/** Adds two rows, from `at` on and `stride` after it, times a factor each. The second may be past the end where its factor is 0. */
function addScaled(
  to: Float64Array,
  from: Float64Array,
  at: number,
  stride: number,
  first: number,
  second: number,
): void {
  const next = second === 0 ? at : at + stride;
  for (let j = 0; j < to.length; j++) to[j] += first * from[at + j] + second * from[next + j];
}
