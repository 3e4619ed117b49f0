/** cv::resize with INTER_LINEAR, bit for bit. */
import { runKernel } from '../kernels/image-kernels';
import type { Pixels, Size } from '../pixels/pixels';

const coefBits = 11;
const coefOne = 1 << coefBits;

/**
 * Does what cv::resize with INTER_LINEAR does on uint8, in its fixed-point arithmetic: pixel centers at half, two taps each way, no
 * antialiasing, and at exactly half the size the mean of 2x2 pixels, which OpenCV substitutes.
 */
export function resizeBilinear(pixels: Pixels, target: Size): Pixels {
  const { channels, height, width } = pixels;
  const result = { channels, height: target.height, width: target.width };
  if (height === 2 * target.height && width === 2 * target.width) return halve(pixels, target);
  const rowLength = target.width * channels;
  const blocks = [
    pixels.data,
    { bytes: target.height * rowLength },
    { bytes: bilinearScratchBytes(target.width, channels) },
  ];
  const data = runKernel(blocks, 1, (kernels, [src, dst, scratch]) =>
    kernels.bilinear(src, width, height, channels, dst, target.width, target.height, scratch),
  );
  return { data: data ?? resizePlainly(pixels, target), ...result };
}

/** The kernel's inputs. */
export function bilinearScratchBytes(targetWidth: number, channels: number): number {
  return 16 + 16 * targetWidth + 8 * channels * (targetWidth + 2);
}

/** The same in plain JavaScript. */
export function resizePlainly({ data, channels, height, width }: Pixels, target: Size): Uint8Array {
  const xs = taps(width, target.width, true);
  const ys = taps(height, target.height, false);
  const rowLength = target.width * channels;
  const out = new Uint8Array(target.height * rowLength);
  const upper = new Int32Array(rowLength);
  const lower = new Int32Array(rowLength);
  for (let y = 0, t = 0; y < target.height; y++) {
    const [first, second, weightUpper, weightLower] = ys.subarray(4 * y, 4 * y + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    blendRow(data, first * width * channels, channels, xs, upper);
    blendRow(data, second * width * channels, channels, xs, lower);
    for (let i = 0; i < rowLength; i++) {
      const sum = ((weightUpper * (upper[i] >> 4)) >> 16) + ((weightLower * (lower[i] >> 4)) >> 16);
      out[t++] = (sum + 2) >> 2;
    }
  }
  return out;
}

/**
 * For each target column or row: the indexes of the first and second source, and their weights. OpenCV drops the second tap outside the
 * image along rows, but repeats the edge along columns, which rounds differently.
 */
function taps(from: number, to: number, dropOutside: boolean): Int32Array {
  const result = new Int32Array(4 * to);
  const scale = 1 / (to / from);
  for (let i = 0; i < to; i++) {
    const position = Math.fround((i + 0.5) * scale - 0.5);
    const index = Math.floor(position);
    const isOutside = index < 0 || index >= from - 1;
    const fraction = dropOutside && isOutside ? 0 : Math.fround(position - index);
    result[4 * i] = Math.min(Math.max(index, 0), from - 1);
    result[4 * i + 1] = Math.min(Math.max(index + 1, 0), from - 1);
    result[4 * i + 2] = roundHalfEven(Math.fround(1 - fraction) * coefOne);
    result[4 * i + 3] = roundHalfEven(fraction * coefOne);
  }
  return result;
}

function blendRow(data: Uint8Array, row: number, channels: number, xs: Int32Array, out: Int32Array): void {
  for (let x = 0, t = 0; x < xs.length; x += 4) {
    const first = row + xs[x] * channels;
    const second = row + xs[x + 1] * channels;
    for (let c = 0; c < channels; c++) out[t++] = data[first + c] * xs[x + 2] + data[second + c] * xs[x + 3];
  }
}

function halve({ data, channels, width }: Pixels, target: Size): Pixels {
  const rowBytes = width * channels;
  const result = { data: new Uint8Array(target.height * target.width * channels), channels, ...target };
  for (let y = 0, t = 0; y < result.height; y++) {
    for (let x = 0; x < result.width; x++) {
      for (let c = 0; c < channels; c++) {
        const s = 2 * y * rowBytes + 2 * x * channels + c;
        const sum = data[s] + data[s + channels] + data[s + rowBytes] + data[s + rowBytes + channels];
        result.data[t++] = (sum + 2) >> 2;
      }
    }
  }
  return result;
}

/** C's rint, which OpenCV uses for rounding. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
