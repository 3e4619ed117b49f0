/** Decodes ordinary JPEG files to rows of batches, decoding no more of them than is needed. */
import type { Resize, Size } from '@ae/images';
import { decodeJpeg, decodeJpegToFloats, type ImageKernels } from '@ae/images/threads';
import type { CheckedBatchOptions } from './options';
import { type Packer, type Placement, packPixels } from './pack-pixels';
import type { PackPlan } from './pack-plan';
import { hasSize } from './placement';

type Image = Size & { channels: number };

/** A row of a batch, and what its record is converted by. */
export interface JpegRow {
  kernels: ImageKernels;
  packer?: Packer;
  plan: PackPlan;
  options: CheckedBatchOptions;
  resize?: Resize;
  out: Float32Array | Uint8Array;
  /** The row's first element in `out`, which is in the kernels' memory. */
  at: number;
  /** @throws MixedSizesError if the image has another size than the others. */
  assertFits(image: Image): void;
  /** Returns which part of the image is used. */
  placeOf(image: Image): Placement;
}

/**
 * Decodes and packs a file.
 *
 * @returns false if it is not an ordinary JPEG, must be rotated, or is damaged.
 * @throws MixedSizesError
 */
export function packJpeg(file: Uint8Array, row: JpegRow): boolean {
  return (isInterleavedRgb(row) && packFloats(file, row)) || packPlanes(file, row);
}

/** True if pixels need only become floats, in the order in which they come from a file. */
function isInterleavedRgb({ out, plan: { layout, channels, channelOrder, meanPlanes } }: JpegRow): boolean {
  return out instanceof Float32Array && layout === 'NHWC' && channels === 3 && channelOrder === 'rgb' && !meanPlanes;
}

/** Does everything in one pass. Returns false if that is not possible. */
function packFloats(file: Uint8Array, row: JpegRow): boolean {
  const { kernels, plan, options, resize, out, at } = row;
  const { channels, crop } = options;
  if (resize && crop) return false;
  const { channelMeans: means, scale, height, width } = plan;
  const cut = (image: Image) => {
    if (crop) row.assertFits(image);
    // Whether the file is sound is known only when it is decoded, and comes first.
    else if (image.channels !== plan.channels || !hasSize(image, plan, crop)) return undefined;
    const { top, left, mirror } = row.placeOf(image);
    return { top, left, height, width, mirror };
  };
  const address = out.byteOffset + at * out.BYTES_PER_ELEMENT;
  return decodeJpegToFloats(kernels, file, { resize, cut, channels, address, means, scale });
}

/** Decodes to planes, and packs them. */
function packPlanes(file: Uint8Array, row: JpegRow): boolean {
  const { kernels, packer, plan, options, resize, out, at } = row;
  const { channels, crop } = options;
  if (resize || !crop || plan.meanPlanes) {
    const source = decodeJpeg(kernels, file, { channels, resize, orient: true });
    if (!source) return false;
    row.assertFits(source);
    packPixels(source, out, at, plan, row.placeOf(source), packer);
    return true;
  }
  let placement: Placement | undefined;
  const cut = (image: Image) => {
    row.assertFits(image);
    placement = row.placeOf(image);
    return { ...crop, top: placement.top, left: placement.left };
  };
  const source = decodeJpeg(kernels, file, { channels, cut, orient: true });
  if (source && placement) packPixels(source, out, at, plan, { ...placement, top: 0, left: 0 }, packer);
  return source !== undefined;
}
