import {
  cast,
  concat,
  customGrad,
  type GradSaveFunc,
  gather,
  getBackend,
  getKernel,
  matMul,
  reshape,
  reverse,
  slice,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  tensor2d,
  tidy,
  transpose,
  zeros,
} from '@tensorflow/tfjs-core';
import { AnalyzeBlocks, SynthesizeBlocks } from '../contracts/block-kernels';
import { runKernel } from './run-kernel';

/** Height and width of a block in pixels. */
export type BlockSize = readonly [height: number, width: number];

/** What a block transform keeps of each block, and in which order. */
export interface BlockBasis {
  readonly blockSize: BlockSize;
  /** `[C, C]`, orthogonal: each column is a direction in color space whose plane is transformed separately. */
  readonly colors: Tensor2D;
  /**
   * `[K]` for the K values of a block, int32 or float32: the index of each coefficient among those that are kept, or their number if it is
   * left out.
   */
  readonly places: Tensor1D;
}

/**
 * Transforms blocks of images with an orthonormal cosine transform (DCT-II) of each color plane and keeps some of the coefficients: `[N, H,
 * W, C]` -> `[N, H / h, W / w, positions]`.
 *
 * @param positions `[M]`, int32 or float32: which coefficients of a block to keep, as `(c * w + u) * h + v` for color direction c and the
 * frequencies u along the width and v along the height.
 */
export function analyzeBlocks(
  images: Tensor4D,
  { blockSize, colors }: Omit<BlockBasis, 'places'>,
  positions: Tensor1D,
): Tensor4D {
  const { size: kept } = positions;
  if (hasKernels(blockSize)) return analyzeByKernel(images, { blockSize, colors, positions }, kept);
  const [height, width] = blockSize;
  const [count, imageHeight, imageWidth, channels] = images.shape;
  const [rows, columns] = [imageHeight / height, imageWidth / width];
  return tidy(() => {
    const mixed = channels === 1 ? images : matMul(reshape(images, [-1, channels]), colors);
    const blocks = reshape(mixed, [count, rows, height, columns, width, channels]);
    const alongWidth = transpose(blocks, [0, 1, 3, 5, 2, 4]);
    const byWidth = matMul(reshape(alongWidth, [-1, width]), cosines(width), false, true);
    const alongHeight = transpose(reshape(byWidth, [-1, height, width]), [0, 2, 1]);
    const all = matMul(reshape(alongHeight, [-1, height]), cosines(height), false, true);
    return gather(
      reshape(all, [count, rows, columns, channels * width * height]),
      cast(positions, 'int32'),
      3,
    ) as Tensor4D;
  });
}

/** Undoes {@link analyzeBlocks}, with zeros for coefficients that were left out: its adjoint. */
export function synthesizeBlocks(coefficients: Tensor4D, { blockSize, colors, places }: BlockBasis): Tensor4D {
  if (hasKernels(blockSize)) return synthesizeByKernel(coefficients, { blockSize, colors, indices: places });
  const [height, width] = blockSize;
  const [count, rows, columns] = coefficients.shape;
  const channels = colors.shape[0];
  return tidy(() => {
    const padded = concat([coefficients, zeros([count, rows, columns, 1])], 3);
    const all = reshape(gather(padded, cast(places, 'int32'), 3), [-1, height]);
    const alongHeight = matMul(all, cosines(height));
    const alongWidth = transpose(reshape(alongHeight, [-1, width, height]), [0, 2, 1]);
    const blocks = reshape(matMul(reshape(alongWidth, [-1, width]), cosines(width)), [
      count,
      rows,
      columns,
      channels,
      height,
      width,
    ]);
    const mixed = transpose(blocks, [0, 1, 4, 2, 5, 3]);
    const flat: Tensor = channels === 1 ? mixed : matMul(reshape(mixed, [-1, channels]), colors, false, true);
    return reshape(flat, [count, rows * height, columns * width, channels]) as Tensor4D;
  });
}

/** The mapping from coefficients of a block to those that are kept, as one of two lists for kernels. */
interface KernelBasis extends Omit<BlockBasis, 'places'> {
  readonly positions?: Tensor1D;
  readonly indices?: Tensor1D;
}

/** Tells whether the active backend has kernels for blocks of a size; see contracts/block-kernels.ts. */
function hasKernels(blockSize: BlockSize): boolean {
  const covered = blockSize.every((side) => side >= 4 && Number.isInteger(Math.log2(side)));
  return covered && getKernel(AnalyzeBlocks, getBackend()) !== undefined;
}

function analyzeByKernel(images: Tensor4D, basis: KernelBasis, count: number): Tensor4D {
  const analyze = (x: Tensor4D, to: KernelBasis) => runAnalysis(x, to, count);
  return differentiable(images, basis, analyze, runSynthesis);
}

function synthesizeByKernel(coefficients: Tensor4D, basis: KernelBasis): Tensor4D {
  const analyze = (dy: Tensor4D, to: KernelBasis) => runAnalysis(dy, to, coefficients.shape[3]);
  return differentiable(coefficients, basis, runSynthesis, analyze);
}

/** Runs a linear function whose adjoint is known. */
function differentiable(
  x: Tensor4D,
  { blockSize, colors, positions, indices }: KernelBasis,
  f: (x: Tensor4D, basis: KernelBasis) => Tensor4D,
  adjoint: (dy: Tensor4D, basis: KernelBasis) => Tensor4D,
): Tensor4D {
  return customGrad((input, save) => {
    (save as GradSaveFunc)([colors, (positions ?? indices) as Tensor1D]);
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [colors, list] = saved as [Tensor2D, Tensor1D];
      return adjoint(dy as Tensor4D, { blockSize, colors, ...(positions ? { positions: list } : { indices: list }) });
    };
    return { value: f(input as Tensor4D, { blockSize, colors, positions, indices }), gradFunc };
  })(x) as Tensor4D;
}

function runAnalysis(images: Tensor4D, { blockSize, ...lists }: KernelBasis, count: number): Tensor4D {
  return runKernel<Tensor4D>(AnalyzeBlocks, { images, ...lists }, { blockSize, count });
}

function runSynthesis(coefficients: Tensor4D, { blockSize, ...lists }: KernelBasis): Tensor4D {
  return runKernel<Tensor4D>(SynthesizeBlocks, { coefficients, ...lists }, { blockSize });
}

/** The orthonormal DCT-II: row k is the cosine of frequency k over `size` pixels, `[size, size]` flat. */
export function cosineMatrix(size: number): Float64Array {
  const matrix = new Float64Array(size * size);
  for (let k = 0; k < size; k++) {
    const scale = Math.sqrt((k === 0 ? 1 : 2) / size);
    for (let x = 0; x < size; x++) matrix[k * size + x] = scale * Math.cos((Math.PI * (x + 0.5) * k) / size);
  }
  return matrix;
}

function cosines(size: number): Tensor2D {
  return tensor2d(Float32Array.from(cosineMatrix(size)), [size, size]);
}

/** Pads images at the bottom and right with their mirror images, to whole blocks. */
export function extendImages(images: Tensor4D, [height, width]: BlockSize): Tensor4D {
  return tidy(() => extendAxis(extendAxis(images, 1, height), 2, width));
}

function extendAxis(images: Tensor4D, axis: 1 | 2, size: number): Tensor4D {
  let missing = (size - (images.shape[axis] % size)) % size;
  let extended = images;
  // An image smaller than the padding is mirrored more than once.
  while (missing > 0) {
    const length = Math.min(missing, extended.shape[axis]);
    const begin = [0, 0, 0, 0];
    begin[axis] = extended.shape[axis] - length;
    extended = concat([extended, reverse(slice(extended, begin), axis)], axis);
    missing -= length;
  }
  return extended;
}

/** Removes what {@link extendImages} added. */
export function cropImages(images: Tensor4D, [height, width]: readonly number[]): Tensor4D {
  if (images.shape[1] === height && images.shape[2] === width) return images;
  return slice(images, [0, 0, 0, 0], [-1, height, width, -1]);
}
