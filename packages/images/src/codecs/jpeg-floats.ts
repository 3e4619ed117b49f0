/** Decodes ordinary JPEG files to float32 pixels in one pass. */
import type { ImageKernels } from '../kernels/image-kernels';
import type { Box, Size } from '../pixels/pixels';
import { bilinearScratchBytes } from '../resize/bilinear';
import { planResize, type Resize } from '../resize/plan';
import { isUpright, openJpeg } from './jpeg';

/** A part of an image, mirrored left to right or not. */
export type Cut = Box & { mirror: boolean };

/** Which pixels are decoded, and what becomes of them. */
export interface FloatOptions {
  resize?: Resize;
  /** Chooses the part to decode; of a resized image, all. Returns undefined if the image is left to `decodeJpeg`. */
  cut: (image: Size & { channels: number }) => Cut | undefined;
  /** Channels that `cut` is told. Default: as in the file. */
  channels?: 1 | 3;
  /** Address of the floats in the kernels' memory: red, green, blue, each `(value - mean) * scale` in float32 arithmetic. */
  address: number;
  means: ArrayLike<number>;
  scale: number;
}

/**
 * Decodes a JPEG file to floats in the kernels' memory, a plane per color.
 *
 * @returns false if this does not decode such files or does not resize like this, if the image must be rotated by its EXIF orientation, or if
 * the file is damaged: then nothing is written.
 */
export function decodeJpegToFloats(kernels: ImageKernels, file: Uint8Array, options: FloatOptions): boolean {
  const { resize, cut, channels, address, means, scale } = options;
  const image = openJpeg(kernels, file);
  if (!image || !isUpright(kernels, file)) return false;
  if (resize && !isInOnePass(image, resize)) return false;
  const target = resize?.target ?? image;
  const part = cut({ channels: channels ?? image.channels, height: target.height, width: target.width });
  if (!part) return false;
  const { top, left, height, width } = resize ? planResize(image, target, resize.fit).source : part;
  const { jpeg } = kernels;
  const work = kernels.take(jpeg.workBytes());
  const rowBytes = 4 * (width + part.width) + 2 * (jpeg.spareBytes() + 16);
  const scratch = kernels.take(rowBytes + bilinearScratchBytes(part.width, 4));
  if (work === undefined || scratch === undefined) return false;
  const isSound = jpeg.decodeFloats(
    work,
    address,
    top,
    left,
    height,
    width,
    part.height,
    part.width,
    part.mirror ? 1 : 0,
    means[0],
    means[1],
    means[2],
    scale,
    scratch,
  );
  return isSound === 1;
}

/** Averages of whole pixels, and borders, need the complete image. */
function isInOnePass(image: Size, { target, fit, resampler }: Resize): boolean {
  const { source } = planResize(image, target, fit);
  const isHalf = source.height === 2 * target.height && source.width === 2 * target.width;
  return resampler === 'bilinear' && fit !== 'fill' && !isHalf;
}
