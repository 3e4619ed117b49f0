import type { ImageShape } from '../../data/samples';
import { invalidOption } from '../../errors/errors';

/** How images are split into blocks, and the size of each block's code. */
export interface BlockPlan {
  /** Height and width of a block. */
  readonly blockSize: readonly [number, number];
  /** Rows and columns of blocks in an image. */
  readonly grid: readonly [number, number];
  /** Number of cosine coefficients per block that are considered. */
  readonly coefficients: number;
  /** Number of values in the code of a block. */
  readonly numbers: number;
  /** Number of zones of the code, each with other coefficients; 1: the code is linear. */
  readonly zones: number;
  /** Number of values per block that zones choose from; without zones, all are the code. */
  readonly kept: number;
}

/** What determines the blocks and their codes besides the size of images. */
export interface TransformOptions {
  readonly codeSize?: number;
  readonly coefficients?: number;
  readonly zones?: number;
  readonly variational?: boolean;
}

/** Usual maximum side of a block: larger ones gain nothing from what distant pixels have in common, and cost more; and of any block. */
const [usualBlock, longestBlock] = [64, 256];
/**
 * Fewest numbers for a block of the usual size, and for larger ones, before blocks become twice as long: a few numbers say most about large
 * blocks, and only one block per image sees what images have in common.
 */
const [fewestOfUsual, fewestOfLarge] = [128, 32];

/** Minimum number of coefficients that are considered beyond the size of the code, and in total: the code may be a mixture of them. */
const [spareCoefficients, fewestCoefficients] = [768, 1536];

/**
 * Maximum number of blocks whose axes are found from their products with each other: those of all coefficients that a network considers
 * then cost no more than those of few, and if a few images have much in common, their axes extend far beyond the usual coefficients.
 */
export const fewBlocks = 2048;

/** Default number of zones, for codes that are large enough for the index of the zone not to matter. */
const [defaultZones, fewestNumbers] = [16, 32];
/** Zones choose from this many times as many values as they keep. */
const choices = 2;

/** By default, a code has an eighth as many numbers as an image. */
const defaultRatio = 8;

/**
 * Plans the blocks of images of a size: as few as possible, of equal size, at most 64 pixels high and wide, or more if each would have few
 * numbers; and the numbers for each, so that the code is as close to `codeSize` as possible. For each block, `wanted` coefficients are
 * considered, but at least as many as it has numbers. Throws INVALID_OPTION for more numbers than an image has values, or if a block has too
 * few numbers for zones.
 */
export function planBlocks(
  [height, width, channels]: ImageShape,
  { codeSize, coefficients: wanted, zones, variational }: TransformOptions = {},
): BlockPlan {
  const all = codeSize ?? (height * width * channels) / defaultRatio;
  const grid = gridOf([height, width, channels], all);
  const blockSize = [Math.ceil(height / grid[0]), Math.ceil(width / grid[1])] as const;
  const values = blockSize[0] * blockSize[1] * channels;
  const blocks = grid[0] * grid[1];
  if (all > values * blocks) {
    throw invalidOption('codeSize', `at most ${values * blocks}, the number of values in an image`, codeSize);
  }
  const numbers = Math.max(1, Math.round(all / blocks));
  const coefficients = Math.min(
    values,
    Math.max(numbers, wanted ?? Math.max(numbers + spareCoefficients, fewestCoefficients)),
  );
  // With half of all values or more in the code, there is little to choose.
  const isWorthIt = !variational && numbers >= fewestNumbers && choices * numbers <= values;
  const count = zones ?? (isWorthIt ? defaultZones : 1);
  if (count > 1) checkZones(count, numbers, variational);
  return {
    ...{ blockSize, grid, numbers, coefficients, zones: count },
    kept: count > 1 ? Math.min(coefficients, choices * numbers) : numbers,
  };
}

function checkZones(zones: number, numbers: number, variational?: boolean): void {
  if (variational) throw invalidOption('zones', '1 for a variational network', zones);
  if (numbers < 2) throw invalidOption('zones', '1 for codes of one number per block', zones);
}

function gridOf([height, width]: ImageShape, numbers: number): [number, number] {
  for (let side = usualBlock; ; side *= 2) {
    const grid: [number, number] = [Math.ceil(height / side), Math.ceil(width / side)];
    const blocks = grid[0] * grid[1];
    const fewest = side === usualBlock ? fewestOfUsual : fewestOfLarge;
    if (side === longestBlock || numbers >= fewest * blocks) return grid;
  }
}
