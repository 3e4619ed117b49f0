/** Which linear code suits images best: what images tell that were put aside. */
import type { BlockPlan } from './block-plan';
import type { BlockRange, BlockTable, Pause } from './block-statistics';
import { type Basis, cosineBasis, EigenCode } from './eigen-code';
import { type Ranking, rankCoefficients } from './ranking';

/** Of the images, one is put aside to choose by. */
const heldOutEvery = 7;
/** Blocks that are put aside, at most: more would not tell more. */
const mostHeldOut = 1024;
/** With fewer images, nothing but the cosines can be told. */
const fewestImages = 50;
/** Decibels by which eigenvectors must be better than cosines, which need no estimate, and half the time. */
const worthwhileDb = 0.05;

/** Blocks of which the axes of all coefficients take so little time that they are always tried. */
const fewToTry = 1024;
/** Decibels by which eigenvectors of some coefficients must be better than cosines for those of all to be worth the time: photographs gain 0.2. */
const muchInCommonDb = 0.5;

/** Finds the best code of a table of blocks: which coefficients it looks at, and what it makes of them. */
export async function chooseCode(
  table: BlockTable,
  plan: BlockPlan,
  pause: Pause,
): Promise<{ ranking: Ranking; basis: Basis }> {
  const known = knownBlocks(table, plan);
  const rankings = rankCoefficients(table, [0, known], plan);
  await pause();
  const others = [known, table.count] as const;
  let least = Number.POSITIVE_INFINITY;
  let best: EigenCode | undefined;
  /** Tries codes, keeps the best of all, and returns the number of the best of these. */
  const attempt = async (codes: readonly EigenCode[]) => {
    const errors: number[] = [];
    for (const code of codes) {
      const error = meanErrorDb(table, others, code.ranking, await code.keptOf(others, table, pause));
      if (error < least) [least, best] = [error, code];
      errors.push(error);
    }
    return errors.indexOf(Math.min(...errors));
  };
  if (known < table.count) {
    const byCosines = meanErrorDb(table, others, rankings.alone, keptByCosines(table, others, plan, rankings.alone));
    least = byCosines - worthwhileDb;
    // How much to shrink depends on how many images there are, and not on whether they have mirror images.
    const shrinkage = await attempt(EigenCode.ofBand(table, plan, rankings.mirrored));
    await attempt([EigenCode.ofBand(table, plan, rankings.alone)[shrinkage]]);
    const isWorthIt = table.count <= fewToTry || byCosines - least > muchInCommonDb;
    for (const ranking of isWorthIt ? [rankings.mirrored, rankings.alone] : []) {
      const code = EigenCode.ofAll(table, plan, ranking, known);
      if (code) await attempt([code]);
    }
  }
  if (!best) return { ranking: rankings.all, basis: cosineBasis(plan) };
  return { ranking: rankings.withAllMeans(best.ranking), basis: await best.basis(table.count, pause) };
}

/** How many blocks a code is made of; the others tell how good it is. All, where nothing but the cosines can be told. */
function knownBlocks(table: BlockTable, plan: BlockPlan): number {
  const images = table.count / table.perImage;
  if (images < fewestImages || plan.numbers >= table.values) return table.count;
  const aside = Math.min(Math.floor(images / heldOutEvery), Math.ceil(mostHeldOut / table.perImage));
  return table.count - aside * table.perImage;
}

/** What a code that keeps the first coefficients keeps of each block: the sum of squares. */
function keptByCosines(
  { data, values }: BlockTable,
  [from, to]: BlockRange,
  { numbers }: BlockPlan,
  { positions, means }: Ranking,
): Float64Array {
  return Float64Array.from({ length: to - from }, (_, i) => {
    const block = (from + i) * values;
    let kept = 0;
    for (let k = 0; k < numbers; k++) kept += (data[block + positions[k]] - means[k]) ** 2;
    return kept;
  });
}

/** What a code that keeps so much of each block leaves out of images, in decibels, on average. */
function meanErrorDb(
  { data, values, perImage }: BlockTable,
  [from, to]: BlockRange,
  { allMeans }: Ranking,
  kept: Float64Array,
): number {
  let logarithms = 0;
  for (let image = from; image < to; image += perImage) {
    let [all, coded] = [0, 0];
    for (let block = image; block < image + perImage; block++) {
      coded += kept[block - from];
      for (let k = 0; k < values; k++) all += (data[block * values + k] - allMeans[k]) ** 2;
    }
    // What rounding leaves of an image is no error.
    logarithms += Math.log10(Math.max(1e-9 * all + Number.MIN_VALUE, all - coded));
  }
  return (10 * logarithms) / ((to - from) / perImage);
}
