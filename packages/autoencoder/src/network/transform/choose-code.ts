/** Chooses the linear code that suits images best, as judged by images that were held out. */
import type { BlockPlan } from './block-plan';
import type { BlockRange, BlockTable, Pause } from './block-statistics';
import { type Basis, cosineBasis, EigenCode, fewToMix } from './eigen-code';
import { firstColumns } from './linear-code';
import { type Ranking, type Rankings, rankCoefficients } from './ranking';
import { findZones, findZonesOfAxes, keptByZones, moreAxes } from './zones';

/** One of this many images is held out for the choice; of few images, more. */
const [heldOutEvery, heldOutOfFew] = [7, 3];
/** Fewer images are few. */
const fewImages = 50;
/** Maximum number of blocks that are held out: more would not make a difference. */
const mostHeldOut = 1024;
/** With fewer images, only cosines can be justified. */
const fewestImages = 4;
/** Decibels by which eigenvectors must be better than cosines, which need no estimate and half the time. */
const worthwhileDb = 0.05;

/** With so few blocks, the axes of all coefficients take so little time that they are always tried. */
const fewToTry = 1024;
/**
 * Decibels by which eigenvectors of some coefficients must be better than cosines for those of all to be worth their time: photographs gain
 * 0.2.
 */
const muchInCommonDb = 0.5;

/** The best code for a table of blocks: which coefficients it considers, how it combines them, and which of the results it keeps. */
interface ChosenCode {
  readonly ranking: Ranking;
  readonly basis: Basis;
  readonly zones?: Int32Array;
}

/** Finds the best code for a table of blocks: of coefficients, or of mixtures of them, by zones if the plan has some. */
export async function chooseCode(table: BlockTable, plan: BlockPlan, pause: Pause): Promise<ChosenCode> {
  // With zones, one number is the index of the zone.
  const linearPlan = plan.zones > 1 ? { ...plan, numbers: plan.numbers - 1 } : plan;
  const linear = await chooseLinear(table, linearPlan, pause);
  if (plan.zones > 1 && (await areZonesBetter(table, linear, plan, pause))) {
    const { all } = linear.rankings;
    const basis = { matrix: firstColumns(plan.coefficients, plan.kept), first: plan.kept, width: 0 };
    return { ranking: all, basis, zones: await findZones(table, [0, table.count], all, plan, pause) };
  }
  const { code } = linear;
  const ranking = code ? linear.rankings.withAllMeans(code.ranking) : linear.rankings.all;
  if (plan.zones === 1) return { ranking, basis: code ? await code.basis(table.count, pause) : cosineBasis(plan) };
  const more = code ? moreAxes(plan) : 0;
  const basis = code ? await code.basis(table.count, pause, more) : cosineBasis(linearPlan);
  return {
    ranking,
    basis: widened(basis, plan, linearPlan.numbers + more),
    zones: code && (await findZonesOfAxes(table, ranking, basis, plan, pause)),
  };
}

/** Tells whether zones of coefficients are better than a linear code, as judged by images that were held out. */
async function areZonesBetter(
  table: BlockTable,
  { known, rankings: { alone }, errorDb }: LinearChoice,
  plan: BlockPlan,
  pause: Pause,
): Promise<boolean> {
  if (known === table.count) return false;
  const aside = [known, table.count] as const;
  const zones = await findZones(table, [0, known], alone, plan, pause);
  return meanErrorDb(table, aside, alone, await keptByZones(table, aside, alone, plan, zones, pause)) < errorDb;
}

/** Appends columns of zeros to a basis. */
function widened(basis: Basis, { coefficients, kept }: BlockPlan, columns: number): Basis {
  const matrix = new Float64Array(coefficients * kept);
  for (let row = 0; row < coefficients; row++)
    matrix.set(basis.matrix.subarray(row * columns, (row + 1) * columns), row * kept);
  return { ...basis, matrix };
}

/** The best linear code: mixtures of coefficients, or, if undefined, coefficients; and its error in decibels for held-out images. */
interface LinearChoice {
  readonly code?: EigenCode;
  readonly known: number;
  readonly rankings: Rankings;
  readonly errorDb: number;
  /** How many decibels it is better than the same number of coefficients. */
  readonly gainDb: number;
}

async function chooseLinear(table: BlockTable, plan: BlockPlan, pause: Pause): Promise<LinearChoice> {
  const { known, rankings, trial } = await tryUsual(table, plan, pause);
  const isWorthIt = table.count <= fewToTry || trial.gainDb > muchInCommonDb;
  for (const ranking of known < table.count && isWorthIt ? [rankings.mirrored, rankings.alone] : []) {
    for (const code of EigenCode.ofAll(table, plan, ranking, known)) await trial.attempt([code]);
  }
  return { code: trial.best, known, rankings, errorDb: trial.leastDb, gainDb: trial.gainDb };
}

/**
 * Tells whether images have so much in common that more coefficients than usual are worth their time. Of few blocks, the usual eigenvectors
 * say too little.
 */
export async function haveMuchInCommon(table: BlockTable, plan: BlockPlan, pause: Pause): Promise<boolean> {
  const { gainDb } =
    table.count <= fewToMix ? await chooseLinear(table, plan, pause) : (await tryUsual(table, plan, pause)).trial;
  return gainDb > muchInCommonDb;
}

/** Tries cosines, and eigenvectors of some coefficients if there are enough images to judge which are better. */
async function tryUsual(table: BlockTable, plan: BlockPlan, pause: Pause) {
  const known = knownBlocks(table, plan);
  const rankings = rankCoefficients(table, [0, known], plan);
  await pause();
  const trial = new Trial(table, [known, table.count], pause);
  if (known < table.count) {
    trial.begin(rankings.alone, plan);
    // How much to shrink depends on the number of images, not on whether they have mirror images.
    const shrinkage = await trial.attempt(EigenCode.ofBand(table, plan, rankings.mirrored));
    await trial.attempt([EigenCode.ofBand(table, plan, rankings.alone)[shrinkage]]);
  }
  return { known, rankings, trial };
}

/** Codes that are tried on held-out blocks. */
class Trial {
  readonly #table: BlockTable;
  readonly #aside: BlockRange;
  readonly #pause: Pause;
  /** The errors of the code that keeps coefficients unchanged, and of the best one. */
  #byCosines = 0;
  #least = 0;
  /** The best code that is worth its time; undefined if unchanged coefficients are good enough. */
  best?: EigenCode;

  constructor(table: BlockTable, aside: BlockRange, pause: Pause) {
    this.#table = table;
    this.#aside = aside;
    this.#pause = pause;
  }

  /** The error of the best code, in decibels. */
  get leastDb(): number {
    return this.best ? this.#least : this.#byCosines;
  }

  /** How many decibels the best code is better than unchanged coefficients. */
  get gainDb(): number {
    return this.best ? this.#byCosines - this.#least : 0;
  }

  /** Tries unchanged coefficients. */
  begin(ranking: Ranking, plan: BlockPlan): void {
    const kept = keptByCosines(this.#table, this.#aside, plan, ranking);
    this.#byCosines = meanErrorDb(this.#table, this.#aside, ranking, kept);
    this.#least = this.#byCosines - worthwhileDb;
  }

  /** Tries codes, keeps the best of all so far, and returns the index of the best of these. */
  async attempt(codes: readonly EigenCode[]): Promise<number> {
    const errors: number[] = [];
    for (const code of codes) {
      const kept = await code.keptOf(this.#aside, this.#table, this.#pause);
      const error = meanErrorDb(this.#table, this.#aside, code.ranking, kept);
      if (error < this.#least) [this.#least, this.best] = [error, code];
      errors.push(error);
    }
    return errors.indexOf(Math.min(...errors));
  }
}

/** Returns how many blocks a code is computed from; the others judge it. All, if only cosines can be justified. */
function knownBlocks(table: BlockTable, plan: BlockPlan): number {
  const images = table.count / table.perImage;
  if (images < fewestImages || plan.numbers >= table.values) return table.count;
  const every = images < fewImages ? heldOutOfFew : heldOutEvery;
  const aside = Math.min(Math.floor(images / every), Math.ceil(mostHeldOut / table.perImage));
  return table.count - aside * table.perImage;
}

/** Returns how much of each block a code that keeps the first coefficients retains: the sum of squares. */
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

/** Returns the average error, in decibels, of a code that retains this much of each block. */
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
    // What rounding leaves of an image is not an error.
    logarithms += Math.log10(Math.max(1e-9 * all + Number.MIN_VALUE, all - coded));
  }
  return (10 * logarithms) / ((to - from) / perImage);
}
