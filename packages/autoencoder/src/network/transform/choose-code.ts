/** Which linear code suits images best: what images tell that were put aside. */
import type { BlockPlan } from './architecture';
import type { BlockRange, BlockTable, Pause } from './block-statistics';
import { codeBlock } from './code-block';
import { type Basis, cosineBasis, eigenBases, type Shrinkage } from './eigen-code';
import { type Ranking, rankCoefficients } from './ranking';

/** Of the images, one is put aside to choose by. */
const heldOutEvery = 7;
/** With fewer images, nothing but the cosines can be told. */
const fewestImages = 50;
/** Decibels by which eigenvectors must be better than cosines, which need no estimate, and half the time. */
const worthwhileDb = 0.05;

const shrinkages: readonly Shrinkage[] = ['none', 'chance'];

/** Finds the best code of a table of blocks: which coefficients it looks at, and what it makes of them. */
export async function chooseCode(
  table: BlockTable,
  plan: BlockPlan,
  pause: Pause,
): Promise<{ ranking: Ranking; basis: Basis }> {
  const all = [0, table.count] as const;
  const kind = await bestKind(table, plan, pause);
  const ranking = rankCoefficients(table, all, plan, kind?.isMirrored);
  if (!kind) return { ranking, basis: cosineBasis(plan) };
  const [basis] = await eigenBases(table, all, plan, ranking, [kind.shrinkage], pause);
  return { ranking, basis };
}

interface Kind {
  readonly isMirrored: boolean;
  readonly shrinkage: Shrinkage;
}

/** Finds out what eigenvectors code images best that they are not made of; undefined where cosines do. */
async function bestKind(table: BlockTable, plan: BlockPlan, pause: Pause): Promise<Kind | undefined> {
  const images = table.count / table.perImage;
  if (images < fewestImages || plan.numbers >= table.values) return undefined;
  const aside = Math.floor(images / heldOutEvery);
  const known = [0, table.count - aside * table.perImage] as const;
  const others = [known[1], table.count] as const;
  const errorOf = (ranking: Ranking, basis: Basis) => meanErrorDb(table, others, plan, ranking, basis, pause);
  const errorsOf = async (isMirrored: boolean, wanted: readonly Shrinkage[]) => {
    const ranking = rankCoefficients(table, known, plan, isMirrored);
    const bases = await eigenBases(table, known, plan, ranking, wanted, pause);
    const errors: number[] = [];
    for (const basis of bases) errors.push(await errorOf(ranking, basis));
    return errors;
  };
  const limit = (await errorOf(rankCoefficients(table, known, plan), cosineBasis(plan))) - worthwhileDb;
  const mirrored = await errorsOf(true, shrinkages);
  // How much to shrink depends on how many images there are, and not on whether they have mirror images.
  const shrinkage = mirrored[1] < mirrored[0] ? 'chance' : 'none';
  const [alone] = await errorsOf(false, [shrinkage]);
  const least = Math.min(...mirrored);
  if (Math.min(alone, least) >= limit) return undefined;
  return { isMirrored: least <= alone, shrinkage };
}

/** What a code leaves out of images, in decibels, on average. */
async function meanErrorDb(
  table: BlockTable,
  [from, to]: BlockRange,
  plan: BlockPlan,
  ranking: Ranking,
  basis: Basis,
  pause: Pause,
): Promise<number> {
  const code = new Float64Array(plan.numbers);
  let logarithms = 0;
  for (let image = from; image < to; image += table.perImage) {
    let [all, coded] = [0, 0];
    for (let b = image; b < image + table.perImage; b++) {
      const block = table.data.subarray(b * table.values, (b + 1) * table.values);
      codeBlock(block, ranking, basis, code);
      for (const value of code) coded += value * value;
      for (let k = 0; k < block.length; k++) all += (block[k] - ranking.allMeans[k]) ** 2;
    }
    // What rounding leaves of an image is no error.
    logarithms += Math.log10(Math.max(1e-9 * all + Number.MIN_VALUE, all - coded));
    await pause();
  }
  return (10 * logarithms) / ((to - from) / table.perImage);
}
