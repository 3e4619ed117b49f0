import type { Autoencoder } from '../../autoencoder/autoencoder';
import type { PixelFormat } from '../../data/pixels';
import type { ImageShape } from '../../data/samples';
import { checkKeys, checkNumber, checkText, invalidOption } from '../../errors/errors';
import { Unexpected } from '../../files/expectations';
import { invalidFile, readModelFile } from '../../files/model-file';
import { networkOf } from '../imported-layers';
import { type ConvertedNetwork, convertModules } from './convert-modules';
import { type Module, modulesOf } from './module-reader';
import { readT7 } from './t7-reader';

/** What a Torch7 file does not say about its network. */
export interface Torch7ImportOptions {
  /** Height and width of the images. Default: the smallest square size that the network's modules allow. */
  readonly size?: readonly [height: number, width: number];
  /** The conversion of pixels. Default: that of the original, bytes divided by 256, blue first. */
  readonly pixels?: Partial<PixelFormat>;
}

/** More than the memory that a network can have. */
const maxBytes = 2 ** 33;
/** The largest images whose size is found by trying. */
const largestSide = 1024;
/** The original's conversion. */
const originalPixels: PixelFormat = { scale: 1 / 256, channelOrder: 'bgr' };

/**
 * Reads a network from a file written by torch.save of Torch7: an nn.Sequential of convolutions, pooling and unpooling, linear modules and
 * what usually comes between them. The code is the smallest output. Functions in the file are skipped. Throws MODEL_NOT_FOUND, and
 * MODEL_INVALID for a file that is damaged or contains a module without an equivalent layer, naming it.
 */
export async function importTorch7(file: string, options: Torch7ImportOptions = {}): Promise<Autoencoder> {
  checkText('importTorch7, file', file);
  checkKeys('importTorch7', options, ['size', 'pixels']);
  if (options.size !== undefined) checkSize(options.size);
  const { pixels = originalPixels } = options;
  const bytes = await readModelFile(file, maxBytes);
  try {
    const modules = modulesOf(readT7(bytes));
    const inputShape = shapeOf(modules, options.size);
    const { steps } = convertModules(modules, inputShape, codeOf(convertModules(modules, inputShape)));
    return await networkOf(
      steps.flatMap((step) => step.make()),
      inputShape,
      pixels,
    );
  } catch (cause) {
    if (!(cause instanceof Unexpected)) throw cause;
    throw invalidFile(file, `it is not a readable Torch7 network: ${cause.message}`, undefined, cause);
  }
}

/** Returns the name of the layer before the last with the smallest output; of equals, the first. */
function codeOf({ steps }: ConvertedNetwork): string | undefined {
  const size = ({ shape }: ConvertedNetwork['steps'][number]) => shape.reduce((product, each) => product * each, 1);
  const before = steps.slice(0, -1).filter(({ names }) => names.length > 0);
  if (before.length === 0) return undefined;
  return before.reduce((best, step) => (size(step) < size(best) ? step : best)).names.at(-1);
}

function checkSize(size: readonly [number, number]): void {
  if (!Array.isArray(size) || size.length !== 2) throw invalidOption('size', '[height, width]', size);
  for (const side of size) checkNumber('size', side, { min: 1, integer: true });
}

/** Returns height, width and channels of the images. */
function shapeOf(modules: readonly Module[], size?: readonly [number, number]): ImageShape {
  const first = modules.find(({ className }) => /SpatialConvolution/.test(className));
  if (!first) throw new Unexpected('it has no convolution, so the number of channels of its images is unknown');
  const channels = first.integer('nInputPlane', { min: 1 });
  return size ? [size[0], size[1], channels] : findShape(modules, channels);
}

/** Finds the size of the images: the file reveals it only in the number of features that remain of an image. */
function findShape(modules: readonly Module[], channels: number): ImageShape {
  if (!modules.some(({ className }) => className === 'nn.Linear')) {
    throw new Unexpected("it does not say which size its images have; pass it as 'size'");
  }
  let problem: Unexpected | undefined;
  for (let side = 1; side <= largestSide; side++) {
    try {
      const { shape } = convertModules(modules, [side, side, channels]);
      if (String(shape) === String([side, side, channels])) return [side, side, channels];
      problem ??= new Unexpected(`for images of ${side}x${side}x${channels} it outputs ${shape.join('x')}`);
    } catch (error) {
      if (!(error instanceof Unexpected)) throw error;
      // For the usual size, this is the most informative.
      if (side === 64) problem = error;
    }
  }
  throw new Unexpected(`${problem?.message}; it fits no square image size; pass the size as 'size'`);
}
