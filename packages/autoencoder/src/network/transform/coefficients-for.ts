import { Breather } from '../../data/event-loop';
import { defaultPixels, type PixelFormat } from '../../data/pixels';
import { Random } from '../../data/random';
import { checkShape, checkSource, type ImageShape, type SampleSource } from '../../data/samples';
import { checkNumber, checkObject } from '../../errors/errors';
import { type BlockPlan, fewBlocks, planBlocks } from './block-plan';
import { colorsOf, transformAll } from './block-table';
import { haveMuchInCommon } from './choose-code';

/** Maximum number of blocks that are examined, and of values in them: 128 MiB as float32. */
const [mostBlocks, mostValues] = [1024, 2 ** 25];
/** Number of coefficients for images with much in common, and for small codes, as long as they have no more weights than this. */
const [manyCoefficients, mostCoefficients, mostWeights] = [4096, 2 ** 14, 2 ** 22];

/** The network that the coefficients are for. */
export interface CoefficientsOptions {
  readonly inputShape: ImageShape;
  /** Default: an eighth of the number of values in an image. */
  readonly codeSize?: number;
  readonly pixels?: Partial<PixelFormat>;
  /** Seed that determines which images are examined. Default 0. */
  readonly seed?: number;
}

/**
 * Returns the number of cosine coefficients per block that a network with preset transform should use, for its option `coefficients`: 4096
 * or, for small codes, more if images are few (up to 2,048 blocks) and have much in common, such as drawings in the middle of a page,
 * whose edges need far more than the usual coefficients. Otherwise undefined, for the default: with many images, training makes up for the
 * difference, and gets better results from a code without the coefficients that branches can learn to restore; photographs gain nothing
 * from more.
 * Examines up to 1,024 blocks, which takes a second or two.
 */
export async function coefficientsFor(
  samples: SampleSource,
  options: CoefficientsOptions,
): Promise<number | undefined> {
  checkSource('coefficientsFor', samples);
  // All options of a network may be passed.
  checkObject('coefficientsFor', options, '{ inputShape: [64, 64, 3], codeSize: 256 }');
  const { inputShape, codeSize, pixels, seed = 0 } = options;
  checkShape('inputShape', inputShape);
  if (codeSize !== undefined) checkNumber('codeSize', codeSize, { min: 1, integer: true });
  checkNumber('seed', seed, { integer: true });
  const plan = planBlocks(inputShape, { codeSize });
  const values = plan.blockSize[0] * plan.blockSize[1] * inputShape[2];
  const blocks = samples.length * plan.grid[0] * plan.grid[1];
  const many = Math.min(values, mostCoefficients, Math.max(manyCoefficients, Math.floor(mostWeights / plan.kept)));
  if (blocks > fewBlocks || plan.coefficients >= many) return undefined;
  const breather = new Breather();
  const reader = { samples, inputShape, pixels: { ...defaultPixels, ...pixels }, pause: () => breather.breathe() };
  const order = new Random(seed, 4).permutation(samples.length).subarray(0, imagesOf(plan, values));
  const colors = await colorsOf(reader, order);
  const table = await transformAll(reader, plan, order, colors);
  return (await haveMuchInCommon(table, plan, reader.pause)) ? many : undefined;
}

function imagesOf({ grid }: BlockPlan, values: number): number {
  return Math.max(1, Math.floor(Math.min(mostBlocks, mostValues / values) / (grid[0] * grid[1])));
}
