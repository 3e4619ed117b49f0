/** Resizes by averaging all pixels under a target pixel (triangle filter): Pillow's BILINEAR up to version 12.3, bit for bit. */
import { runKernel } from '../kernels/image-kernels';
import type { Pixels, Size } from '../pixels/pixels';
import { bySizes } from './size-cache';

/** Bits after the binary point of a weight, as in Pillow. Sums of 255 times all weights stay below 2^31. */
const weightBits = 22;
const half = 1 << (weightBits - 1);

/** The source pixels that contribute to each target pixel. */
export interface Windows {
  /** First source index and count, for each target pixel. */
  ranges: Int32Array;
  /** Their weights, `most` apart. */
  weights: Int32Array;
  most: number;
}

/**
 * Resizes interleaved uint8 pixels, first along rows and then along columns. The triangle is two target pixels wide when shrinking and two
 * source pixels wide when enlarging.
 */
export function resizeAntialiased(pixels: Pixels, { height, width }: Size): Pixels {
  const { channels } = pixels;
  const { across, down } = antialiasedWindows(pixels, { height, width });
  const wide = across ? resizeRows(pixels, across, width) : pixels.data;
  const rowBytes = width * channels;
  return { data: down ? resizeColumns(wide, down, height, rowBytes) : wide, channels, height, width };
}

function resizeRows(pixels: Pixels, across: Windows, to: number): Uint8Array {
  const { data, channels, height, width } = pixels;
  const blocks = [data, { bytes: height * to * channels }, across.ranges, across.weights];
  const out =
    channels <= 4
      ? runKernel(blocks, 1, (kernels, [src, dst, ranges, weights]) =>
          kernels.alongRows(src, width, height, channels, dst, to, ranges, weights, across.most),
        )
      : undefined;
  return out ?? alongRows(pixels, across, to);
}

function resizeColumns(data: Uint8Array, down: Windows, to: number, rowBytes: number): Uint8Array {
  const out = runKernel(
    [data, { bytes: to * rowBytes }, down.ranges, down.weights],
    1,
    (kernels, [src, dst, ranges, weights]) => kernels.alongColumns(src, rowBytes, dst, to, ranges, weights, down.most),
  );
  return out ?? alongColumns(data, down, to, rowBytes);
}

/** The windows of a triangle filter, as Pillow computes them. */
export function windows(from: number, to: number): Windows {
  const scale = from / to;
  const support = Math.max(scale, 1);
  const most = Math.ceil(support) * 2 + 1;
  const ranges = new Int32Array(2 * to);
  const weights = new Int32Array(to * most);
  const exact = new Float64Array(most);
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(from, Math.trunc(center + support + 0.5)) - first;
    let sum = 0;
    for (let k = 0; k < count; k++) {
      exact[k] = Math.max(0, 1 - Math.abs((first + k - center + 0.5) / support));
      sum += exact[k];
    }
    for (let k = 0; k < count; k++) {
      weights[i * most + k] = Math.trunc(0.5 + (exact[k] / sum) * (1 << weightBits));
    }
    ranges[2 * i] = first;
    ranges[2 * i + 1] = count;
  }
  return { ranges, weights, most };
}

const windowsFor = bySizes(windows);

/** Windows along rows of pixels of four bytes, as `alongPixelRow` in assembly/pixels.ts takes them. */
interface PixelWindows {
  ranges: Int32Array;
  weights: Int16Array;
  /** Groups of four weights, for each target pixel. */
  groups: number;
}

const halfBits = weightBits / 2;

function pixelWindows({ ranges, weights, most }: Windows): PixelWindows {
  const groups = Math.ceil(most / 4);
  const halves = new Int16Array((ranges.length / 2) * groups * 8);
  weights.forEach((weight, i) => {
    const k = i % most;
    const at = 8 * (Math.floor(i / most) * groups + (k >> 2)) + (k & 3);
    halves[at] = weight >> halfBits;
    halves[at + 4] = weight & ((1 << halfBits) - 1);
  });
  return { ranges, weights: halves, groups };
}

export const pixelWindowsFor = bySizes((from, to) => pixelWindows(windowsFor(from, to)));

/** The windows along rows and columns; undefined if the size does not change. */
export function antialiasedWindows(image: Size, { height, width }: Size): { across?: Windows; down?: Windows } {
  return {
    across: image.width === width ? undefined : windowsFor(image.width, width),
    down: image.height === height ? undefined : windowsFor(image.height, height),
  };
}

/** `resizeRows` in plain JavaScript. */
export function alongRows(
  { data, channels, height, width }: Pixels,
  { ranges, weights, most }: Windows,
  to: number,
): Uint8Array {
  const out = new Uint8Array(height * to * channels);
  for (let y = 0, t = 0; y < height; y++) {
    for (let x = 0; x < to; x++) {
      const start = (y * width + ranges[2 * x]) * channels;
      const count = ranges[2 * x + 1];
      for (let c = 0; c < channels; c++) {
        let sum = half;
        for (let k = 0, s = start + c, w = x * most; k < count; k++, s += channels) sum += data[s] * weights[w + k];
        out[t++] = sum >> weightBits;
      }
    }
  }
  return out;
}

/** `resizeColumns` in plain JavaScript. */
export function alongColumns(
  data: Uint8Array,
  { ranges, weights, most }: Windows,
  to: number,
  rowBytes: number,
): Uint8Array {
  const out = new Uint8Array(to * rowBytes);
  const sums = new Int32Array(rowBytes);
  for (let y = 0, t = 0; y < to; y++) {
    sums.fill(half);
    for (let k = 0; k < ranges[2 * y + 1]; k++) {
      const weight = weights[y * most + k];
      const row = (ranges[2 * y] + k) * rowBytes;
      for (let i = 0; i < rowBytes; i++) sums[i] += data[row + i] * weight;
    }
    for (let i = 0; i < rowBytes; i++) out[t++] = sums[i] >> weightBits;
  }
  return out;
}
