/** Writes the pixels of one record to a batch: layout, channel order, crop, mirror, mean and scale. */

import type { KernelMemory, PackKernels } from '@ae/images/threads';
import { isColored, swappedChannel } from '../datum/colors';
import type { PackPlan } from './pack-plan';

/** Kernels, and the memory that they use. */
export interface Packer {
  kernels: PackKernels;
  memory: KernelMemory;
}

/** Pixels of one record. */
export interface PixelSource {
  /**
   * Planar `[C, H, W]` (raw Datums), or interleaved `[H, W, C]` (decoded images); colors are blue-green-red in the former and
   * red-green-blue in the latter.
   */
  data: Uint8Array | Float32Array;
  planar: boolean;
  channels: number;
  height: number;
  width: number;
}

/** What differs from record to record. */
export interface Placement {
  /** First row and column to use. */
  top: number;
  left: number;
  /** Mirror left to right. */
  mirror: boolean;
}

/** Returns the channel of a source that becomes output channel `c`. */
function sourceChannel(c: number, source: PixelSource, order: 'rgb' | 'bgr'): number {
  const isRgb = !source.planar;
  return isRgb !== (order === 'rgb') && isColored(source, isFloat(source)) ? swappedChannel(c) : c;
}

/** Returns the plane of a mean image for output channel `c`: in stored order, whatever the source is. */
function meanPlaneOf(c: number, source: PixelSource, order: 'rgb' | 'bgr'): number {
  return order === 'rgb' && isColored(source, isFloat(source)) ? swappedChannel(c) : c;
}

function isFloat({ data }: PixelSource): boolean {
  return data instanceof Float32Array;
}

/**
 * Writes a record to `out` from element `at`. Float results are `(value - mean) * scale` in float32 arithmetic.
 *
 * @param packer Its kernels are used if both `source.data` and `out` are in its memory.
 */
export function packPixels(
  source: PixelSource,
  out: Float32Array | Uint8Array,
  at: number,
  plan: PackPlan,
  placement: Placement,
  packer?: Packer,
): void {
  if (packer && packBySimd(source, out, at, plan, placement, packer)) return;
  if (isAsItComes(source, out, plan, placement)) packAsItComes(source, out as Float32Array, at, plan, placement);
  else packPlainly(source, out, at, plan, placement);
}

/** True for decoded images whose pixels only need conversion to floats, in the same order. */
function isAsItComes(
  source: PixelSource,
  out: Float32Array | Uint8Array,
  { layout, channelOrder, channels, meanPlanes }: PackPlan,
  { mirror }: Placement,
): boolean {
  const isRgb = !source.planar && channels === 3 && channelOrder === 'rgb';
  return isRgb && layout === 'NHWC' && !mirror && !meanPlanes && out instanceof Float32Array;
}

function packAsItComes(source: PixelSource, out: Float32Array, at: number, plan: PackPlan, place: Placement): void {
  const { height, width, channelMeans, scale } = plan;
  const [red, green, blue] = [channelMeans[0], channelMeans[1], channelMeans[2]];
  const { data } = source;
  for (let y = 0, t = at; y < height; y++) {
    let s = ((place.top + y) * source.width + place.left) * 3;
    for (const end = t + 3 * width; t < end; t += 3, s += 3) {
      out[t] = Math.fround(data[s] - red) * scale;
      out[t + 1] = Math.fround(data[s + 1] - green) * scale;
      out[t + 2] = Math.fround(data[s + 2] - blue) * scale;
    }
  }
}

/** Packs planes of bytes with the kernels. Returns false for what they do not support: interleaved pixels, mean images, uint8 planes. */
function packBySimd(
  source: PixelSource,
  out: Float32Array | Uint8Array,
  at: number,
  plan: PackPlan,
  placement: Placement,
  { kernels, memory }: Packer,
): boolean {
  const from = memory.addressOf(source.data);
  const to = memory.addressOf(out);
  const intoFloats = out instanceof Float32Array;
  const isInterleaved = plan.layout === 'NHWC' && plan.channels === 3;
  const isPlanes = intoFloats && (plan.layout === 'NCHW' || plan.channels === 1);
  if (from === undefined || to === undefined || source.data instanceof Float32Array || !source.planar) return false;
  if ((intoFloats && plan.meanPlanes) || !(isInterleaved || isPlanes)) return false;
  const { channels, channelOrder, channelMeans: means, scale, height, width } = plan;
  const planeBytes = source.height * source.width;
  const first = from + placement.top * source.width + placement.left;
  const mirror = placement.mirror ? 1 : 0;
  // Unchanged complete rows are consecutive, so they count as one long row.
  const isWhole = width === source.width && !mirror;
  const rows = isWhole ? 1 : height;
  const columns = isWhole ? height * width : width;
  const dst = to + at * out.BYTES_PER_ELEMENT;
  if (isInterleaved) {
    const p0 = first + sourceChannel(0, source, channelOrder) * planeBytes;
    const p1 = first + planeBytes;
    const p2 = first + sourceChannel(2, source, channelOrder) * planeBytes;
    const { interleaveF32, interleaveU8 } = kernels;
    if (!intoFloats) interleaveU8(p0, p1, p2, source.width, columns, rows, mirror, dst);
    else interleaveF32(p0, p1, p2, source.width, columns, rows, mirror, dst, means[0], means[1], means[2], scale);
    return true;
  }
  for (let c = 0; c < channels; c++) {
    const plane = first + sourceChannel(c, source, channelOrder) * planeBytes;
    kernels.planeF32(plane, source.width, columns, rows, mirror, dst + 4 * c * height * width, means[c], scale);
  }
  return true;
}

/** Packs everything, in plain loops. */
function packPlainly(
  source: PixelSource,
  out: Float32Array | Uint8Array,
  at: number,
  plan: PackPlan,
  { top, left, mirror }: Placement,
): void {
  const { channels, height, width, layout, channelOrder, channelMeans, meanPlanes, scale } = plan;
  const intoFloats = out instanceof Float32Array;
  const step = source.planar ? 1 : source.channels;
  const outStep = layout === 'NHWC' ? channels : 1;
  for (let c = 0; c < channels; c++) {
    const from = sourceChannel(c, source, channelOrder);
    const first = source.planar ? from * source.height * source.width : from;
    const mean = channelMeans[c];
    const meanPlane = meanPlaneOf(c, source, channelOrder);
    for (let y = 0; y < height; y++) {
      let s = first + ((top + y) * source.width + (mirror ? left + width - 1 : left)) * step;
      const move = mirror ? -step : step;
      let t = at + (layout === 'NHWC' ? y * width * channels + c : (c * height + y) * width);
      if (!intoFloats) {
        for (let x = 0; x < width; x++, s += move, t += outStep) out[t] = source.data[s];
      } else if (!meanPlanes) {
        for (let x = 0; x < width; x++, s += move, t += outStep) out[t] = Math.fround(source.data[s] - mean) * scale;
      } else {
        let m = (meanPlane * meanPlanes.height + top + y) * meanPlanes.width + (mirror ? left + width - 1 : left);
        const moveMean = mirror ? -1 : 1;
        for (let x = 0; x < width; x++, s += move, t += outStep, m += moveMean) {
          out[t] = Math.fround(source.data[s] - meanPlanes.data[m]) * scale;
        }
      }
    }
  }
}
