/** Zones of a code: sets of values, of which each block uses the one that suits it best (adaptive zonal coding, Chen and Smith, 1977). */
import type { BlockPlan } from './block-plan';
import type { BlockRange, BlockTable, Pause } from './block-statistics';
import type { Basis } from './eigen-code';
import { bestZones, fitZones, type Squares, type ZoneSizes } from './fit-zones';
import type { Ranking } from './ranking';

/** Maximum number of blocks that zones are fitted to. */
const mostBlocks = 4096;
/** Maximum number of axes that zones of eigenvectors choose, and that they leave out. */
const mostAxes = 64;

function sizesOf({ zones, kept, numbers }: BlockPlan): ZoneSizes {
  return { zones, kept, size: numbers - 1 };
}

/** Returns zones of coefficients for a range of blocks: `[zones, numbers - 1]`, places in the ranking. */
export async function findZones(
  table: BlockTable,
  range: BlockRange,
  ranking: Ranking,
  plan: BlockPlan,
  pause: Pause,
): Promise<Int32Array> {
  const squares = await squaresOf(table, fewer(range, table), ranking, plan, pause);
  return aligned(await fitZones(squares, sizesOf(plan), pause), sizesOf(plan));
}

/**
 * Returns zones of axes for all blocks, given a basis with more axes than the code has numbers: each zone has the first axes, and some of the
 * last ones.
 */
export async function findZonesOfAxes(
  table: BlockTable,
  ranking: Ranking,
  { matrix }: Basis,
  plan: BlockPlan,
  pause: Pause,
): Promise<Int32Array> {
  const size = plan.numbers - 1;
  const columns = size + moreAxes(plan);
  const shared = size - Math.min(mostAxes, size >> 1);
  const sizes = { zones: plan.zones, kept: columns - shared, size: size - shared };
  const squares = await squaresOfAxes(table, ranking, { matrix, columns, from: shared }, pause);
  const zones = aligned(await fitZones(squares, sizes, pause, ranking.weights), sizes);
  const all = firstZones(plan);
  for (const [i, axis] of zones.entries())
    all[Math.floor(i / sizes.size) * size + shared + (i % sizes.size)] = shared + axis;
  return all;
}

/** Returns how many axes zones of eigenvectors need besides those of a code without zones. */
export function moreAxes({ kept, numbers }: BlockPlan): number {
  return Math.min(mostAxes, kept - (numbers - 1));
}

/** Returns zones that all consist of the first values. */
export function firstZones({ zones, numbers }: BlockPlan): Int32Array {
  return Int32Array.from({ length: zones * (numbers - 1) }, (_, i) => i % (numbers - 1));
}

/** Returns how much of each block of a range is kept by the zone that keeps most of it: the sum of squares. */
export async function keptByZones(
  table: BlockTable,
  range: BlockRange,
  ranking: Ranking,
  plan: BlockPlan,
  zones: Int32Array,
  pause: Pause,
): Promise<Float64Array> {
  const squares = await squaresOf(table, range, ranking, plan, pause);
  return (await bestZones(squares, zones, sizesOf(plan), pause)).kept;
}

/** Returns whole images at the beginning of a range, as many as zones are fitted to. */
function fewer([from, to]: BlockRange, { perImage }: BlockTable): BlockRange {
  return [from, Math.min(to, from + Math.max(1, Math.floor(mostBlocks / perImage)) * perImage)];
}

async function squaresOf(
  { values, perImage, data }: BlockTable,
  [from, to]: BlockRange,
  { positions, means, allMeans }: Ranking,
  { kept }: BlockPlan,
  pause: Pause,
): Promise<Squares> {
  const squares = new Float32Array((to - from) * kept);
  const totals = new Float64Array(to - from);
  for (let block = from; block < to; block++) {
    const at = block * values;
    let total = 0;
    for (let k = 0; k < values; k++) total += (data[at + k] - allMeans[k]) ** 2;
    totals[block - from] = total;
    const row = squares.subarray((block - from) * kept, (block - from + 1) * kept);
    for (let k = 0; k < kept; k++) row[k] = (data[at + positions[k]] - means[k]) ** 2;
    await pause();
  }
  return { blocks: to - from, perImage, data: squares, totals };
}

/** Returns the squares along the axes of a basis `[coefficients, columns]` from one on. */
async function squaresOfAxes(
  table: BlockTable,
  { positions, means }: Ranking,
  { matrix, columns, from }: { matrix: Float64Array; columns: number; from: number },
  pause: Pause,
): Promise<Squares> {
  const [, blocks] = fewer([0, table.count], table);
  const kept = columns - from;
  const squares = new Float32Array(blocks * kept);
  const sums = new Float64Array(kept);
  for (let block = 0; block < blocks; block++) {
    sums.fill(0);
    for (const [i, position] of positions.entries()) {
      const deviation = table.data[block * table.values + position] - means[i];
      for (let j = 0; j < kept; j++) sums[j] += deviation * matrix[i * columns + from + j];
    }
    for (let j = 0; j < kept; j++) squares[block * kept + j] = sums[j] ** 2;
    await pause();
  }
  return { blocks, perImage: table.perImage, data: squares, totals: new Float64Array(blocks) };
}

/**
 * Reorders zones so that a value is the same number of the code in every zone, as far as possible: distances between codes then mean nearly
 * the same whatever their zones.
 */
function aligned(positions: Int32Array, { zones, size }: ZoneSizes): Int32Array {
  const result = new Int32Array(positions.length);
  for (let zone = 0; zone < zones; zone++) {
    const own = positions.subarray(zone * size, (zone + 1) * size);
    const slots = result.subarray(zone * size, (zone + 1) * size).fill(-1);
    for (const position of own) if (position < size) slots[position] = position;
    const others = own.filter((position) => position >= size);
    let next = 0;
    for (let slot = 0; slot < size; slot++) if (slots[slot] < 0) slots[slot] = others[next++];
  }
  return result;
}
