import type { ImageShape } from '../../data/samples';
import { invalidOption } from '../../errors/errors';

/** How images are cut into blocks, and how many numbers stand for each block. */
export interface BlockPlan {
  /** Height and width of a block. */
  readonly blockSize: readonly [number, number];
  /** Rows and columns of blocks in an image. */
  readonly grid: readonly [number, number];
  /** How many cosine coefficients of a block are looked at. */
  readonly coefficients: number;
  /** How many numbers of the code stand for a block. */
  readonly numbers: number;
}

/** The longest side of a block: longer ones have no more to gain from what distant pixels have in common, and cost more. */
const longestBlock = 64;

/** Coefficients that are looked at beside as many as the code has numbers, and in all, at least: the code may be a mixture of those. */
const [spareCoefficients, fewestCoefficients] = [768, 1536];

/**
 * Blocks whose axes are found by their products with each other, at most: those of all coefficients that a network looks at cost no more then
 * than those of few, and where few images have much in common, their axes reach far beyond the usual coefficients.
 */
export const fewBlocks = 2048;

/** By default, a code has an eighth of the numbers of an image. */
const defaultRatio = 8;

/**
 * Plans the blocks of images of a size: as few as possible, of equal size, at most 64 pixels high and wide; and the numbers for each, so that
 * the code comes as near to `codeSize` as it can. Of each block as many coefficients are looked at as are `wanted`, but no fewer than it has numbers.
 * Throws INVALID_OPTION for more numbers than an image has values.
 */
export function planBlocks([height, width, channels]: ImageShape, codeSize?: number, wanted?: number): BlockPlan {
  const grid = gridOf([height, width, channels]);
  const blockSize = [Math.ceil(height / grid[0]), Math.ceil(width / grid[1])] as const;
  const values = blockSize[0] * blockSize[1] * channels;
  const blocks = grid[0] * grid[1];
  const all = codeSize ?? (height * width * channels) / defaultRatio;
  if (all > values * blocks) {
    throw invalidOption('codeSize', `at most ${values * blocks}, as many as the values of an image`, codeSize);
  }
  const numbers = Math.max(1, Math.round(all / blocks));
  return {
    blockSize,
    grid,
    numbers,
    coefficients: Math.min(
      values,
      Math.max(numbers, wanted ?? Math.max(numbers + spareCoefficients, fewestCoefficients)),
    ),
  };
}

function gridOf([height, width]: ImageShape): [number, number] {
  return [Math.ceil(height / longestBlock), Math.ceil(width / longestBlock)];
}
