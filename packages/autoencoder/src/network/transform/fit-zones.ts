/**
 * Fits zones and blocks to each other in turns, as in Lloyd's algorithm: each zone gets the values with the largest squares in its blocks, and
 * each block the zone that keeps most of it.
 */
import type { Pause } from './block-statistics';
import { weightsOf } from './ranking';

/** Number of turns; more gain less than 0.02 dB. */
const turns = 10;
/** Number of blocks that each zone starts with. */
const seeds = 4;
/** Number of average blocks that count as blocks of each zone: a zone of few blocks would fit nothing else. */
const averageBlocks = 4;

/** Squares of blocks. */
export interface Squares {
  readonly blocks: number;
  readonly perImage: number;
  /** `[blocks, kept]`: of the values that zones choose from. */
  readonly data: Float32Array;
  /** The sum of all squares of each block. */
  readonly totals: Float64Array;
}

/** How many zones there are, how many values they choose from, and how many of those each has. */
export interface ZoneSizes {
  readonly zones: number;
  readonly kept: number;
  readonly size: number;
}

/** Fits zones to blocks. The weights of images are given, or the inverse of their errors. */
export async function fitZones(
  squares: Squares,
  sizes: ZoneSizes,
  pause: Pause,
  given?: Float64Array,
): Promise<Int32Array> {
  let weights = given ?? new Float64Array(squares.blocks / squares.perImage).fill(1);
  // A few blocks each break the symmetry between zones.
  const each = Math.max(1, Math.floor(squares.blocks / sizes.zones));
  let zoneOf = Int32Array.from({ length: squares.blocks }, (_, block) =>
    block % each < seeds ? Math.floor(block / each) : -1,
  );
  let zones = largestOf(squares, zoneOf, weights, sizes);
  for (let turn = 1; turn < turns; turn++) {
    const { best, kept } = await bestZones(squares, zones, sizes, pause);
    zoneOf = best;
    if (!given) weights = weightsOf(imageErrors(squares, kept));
    zones = largestOf(squares, zoneOf, weights, sizes);
  }
  return zones;
}

/** Returns the values with the largest squares in the blocks of each zone. */
function largestOf(
  { blocks, perImage, data }: Squares,
  zoneOf: Int32Array,
  weights: Float64Array,
  { zones, kept, size }: ZoneSizes,
): Int32Array {
  const sums = new Float64Array(zones * kept);
  const all = new Float64Array(kept);
  const [weightOf, countOf] = [new Float64Array(zones), new Float64Array(zones)];
  let allWeights = 0;
  for (let block = 0; block < blocks; block++) {
    const weight = weights[Math.floor(block / perImage)];
    const [row, zone] = [block * kept, zoneOf[block]];
    allWeights += weight;
    for (let k = 0; k < kept; k++) all[k] += weight * data[row + k];
    if (zone < 0) continue;
    weightOf[zone] += weight;
    countOf[zone]++;
    for (let k = 0; k < kept; k++) sums[zone * kept + k] += weight * data[row + k];
  }
  const positions = new Int32Array(zones * size);
  for (let zone = 0; zone < zones; zone++) {
    // Average blocks, with the weight that blocks of the zone have.
    const share = (averageBlocks * (countOf[zone] > 0 ? weightOf[zone] / countOf[zone] : 1)) / allWeights;
    const values = all.map((sum, k) => share * sum + sums[zone * kept + k]);
    const order = Int32Array.from(values.keys()).sort((a, b) => values[b] - values[a] || a - b);
    positions.set(order.subarray(0, size).sort(), zone * size);
  }
  return positions;
}

/** Returns the zone that keeps most of each block, the first of equal ones, and how much. */
export async function bestZones(
  { blocks, data }: Squares,
  positions: Int32Array,
  { zones, kept, size }: ZoneSizes,
  pause: Pause,
): Promise<{ best: Int32Array<ArrayBuffer>; kept: Float64Array }> {
  const best = new Int32Array(blocks);
  const most = new Float64Array(blocks).fill(-1);
  for (let block = 0; block < blocks; block++) {
    const row = data.subarray(block * kept, (block + 1) * kept);
    for (let zone = 0; zone < zones; zone++) {
      let sum = 0;
      for (let i = zone * size; i < (zone + 1) * size; i++) sum += row[positions[i]];
      if (sum > most[block]) [best[block], most[block]] = [zone, sum];
    }
    await pause();
  }
  return { best, kept: most };
}

/** Returns what is dropped of each image. */
function imageErrors({ totals, perImage }: Squares, kept: Float64Array): Float64Array {
  const errors = new Float64Array(totals.length / perImage);
  for (const [block, total] of totals.entries())
    errors[Math.floor(block / perImage)] += Math.max(0, total - kept[block]);
  return errors;
}
