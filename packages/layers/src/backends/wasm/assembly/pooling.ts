/** Max-pooling with indices, its gradient, and max-unpooling, by the rules of contracts/pooling-kernels.ts: any window, stride and padding. */
import { clearFloats, loadLanes, storeLanes } from './simd';

@unmanaged
export class PoolJob {
  x: usize;
  height: i32;
  width: i32;
  channels: i32;
  windowY: i32;
  windowX: i32;
  strideY: i32;
  strideX: i32;
  dilationY: i32;
  dilationX: i32;
  padTop: i32;
  padLeft: i32;
  /** Results; indices may be 0: they are not wanted. */
  values: usize;
  indices: usize;
  outHeight: i32;
  outWidth: i32;
  /** 1 to count the indices through all images instead of from 0 in each. */
  throughBatch: i32;
}

/** Pools. Units: rows of output, of all images. */
export function maxPool(begin: i32, end: i32, job: PoolJob, _scratch: usize): void {
  const imageBytes = job.height * job.width * job.channels * 4;
  const outRow = job.outWidth * job.channels * 4;
  for (let unit = begin; unit < end; unit++) {
    const image = unit / job.outHeight;
    const row = unit - image * job.outHeight;
    const indexBase = job.throughBatch ? image * (imageBytes >> 2) : 0;
    poolRow(
      job,
      job.x + image * imageBytes,
      row,
      job.values + unit * outRow,
      job.indices ? job.indices + unit * outRow : 0,
      indexBase,
    );
  }
}

function poolRow(job: PoolJob, image: usize, row: i32, values: usize, indices: usize, indexBase: i32): void {
  const channels = job.channels;
  const top = row * job.strideY - job.padTop;
  const whole =
    job.windowY === 2 &&
    job.windowX === 2 &&
    job.dilationY === 1 &&
    job.dilationX === 1 &&
    !(channels & 3) &&
    top >= 0 &&
    top + 2 <= job.height;
  for (let q = 0; q < job.outWidth; q++) {
    const left = q * job.strideX - job.padLeft;
    if (whole && left >= 0 && left + 2 <= job.width) {
      const first = (top * job.width + left) * channels;
      poolWindow2x2(image + first * 4, job.width * channels * 4, channels, indexBase + first, values, indices);
    } else poolWindow(job, image, top, left, indexBase, values, indices);
    values += channels * 4;
    if (indices) indices += channels * 4;
  }
}

/** Says where `challenger` wins: it is larger, or NaN. @inline */
function wins(challenger: v128, best: v128): v128 {
  return v128.or(f32x4.gt(challenger, best), f32x4.ne(challenger, challenger));
}

/** Pools any window: the part of it that lies in the image. */
function poolWindow(
  job: PoolJob,
  image: usize,
  top: i32,
  left: i32,
  indexBase: i32,
  values: usize,
  indices: usize,
): void {
  const channels = job.channels;
  for (let c = 0; c < channels; c += 4) {
    const lanes = min(4, channels - c);
    let best = f32x4.splat(0);
    let at = i32x4.splat(0);
    let first = true;
    for (let i = 0; i < job.windowY; i++) {
      const y = top + i * job.dilationY;
      if (y < 0 || y >= job.height) continue;
      for (let j = 0; j < job.windowX; j++) {
        const x = left + j * job.dilationX;
        if (x < 0 || x >= job.width) continue;
        const place = (y * job.width + x) * channels + c;
        const value = loadAny(image + place * 4, lanes);
        const won = first ? i32x4.splat(-1) : wins(value, best);
        best = v128.bitselect(value, best, won);
        at = v128.bitselect(i32x4.splat(indexBase + place), at, won);
        first = false;
      }
    }
    storeAny(values + c * 4, best, lanes);
    if (indices) storeAny(indices + c * 4, i32x4.add(at, i32x4(0, 1, 2, 3)), lanes);
  }
}

/** Pools a window of 2 x 2 inside the image, channels a multiple of 4. @inline */
export function poolWindow2x2(x: usize, xRow: usize, channels: i32, index: i32, values: usize, indices: usize): void {
  const pixel = channels * 4;
  for (let c = 0; c < pixel; c += 16) {
    const place = i32x4.add(i32x4.splat(index + (c >> 2)), i32x4(0, 1, 2, 3));
    const v1 = v128.load(x + c + pixel);
    const v2 = v128.load(x + c + xRow);
    const v3 = v128.load(x + c + xRow + pixel);
    let best = v128.load(x + c);
    let at = place;
    let won = wins(v1, best);
    best = v128.bitselect(v1, best, won);
    at = v128.bitselect(i32x4.add(place, i32x4.splat(channels)), at, won);
    won = wins(v2, best);
    best = v128.bitselect(v2, best, won);
    at = v128.bitselect(i32x4.add(place, i32x4.splat(xRow >> 2)), at, won);
    won = wins(v3, best);
    best = v128.bitselect(v3, best, won);
    at = v128.bitselect(i32x4.add(place, i32x4.splat((xRow >> 2) + channels)), at, won);
    v128.store(values + c, best);
    if (indices) v128.store(indices + c, at);
  }
}

function loadAny(at: usize, lanes: i32): v128 {
  return loadLanes(at, lanes);
}

function storeAny(at: usize, value: v128, lanes: i32): void {
  storeLanes(at, value, lanes);
}

/** Values and the places that indices name, both ways. Index i is place i / maskChannels, channel i % maskChannels of its image. */
@unmanaged
export class IndexJob {
  pooled: usize;
  indices: usize;
  unpooled: usize;
  /** Pixels and channels of one pooled image, channels of a pixel of indices, pixels of one unpooled image. */
  pixels: i32;
  channels: i32;
  maskChannels: i32;
  unpooledPixels: i32;
}

/** Returns where an index points to, in values of an unpooled image; -1 for an index that is not valid. @inline */
function placeOf(index: i32, channels: i32, maskChannels: i32, unpooledPixels: i32): i32 {
  if (<u32>index >= <u32>(unpooledPixels * maskChannels)) return -1;
  if (channels === maskChannels) return index;
  const pixel = index / maskChannels;
  const channel = index - pixel * maskChannels;
  return channel < channels ? pixel * channels + channel : -1;
}

/** Writes zeros, and the pooled values at their indices; the last write wins. Units: images. */
export function maxUnpool(begin: i32, end: i32, job: IndexJob, _scratch: usize): void {
  scatter(begin, end, job, false);
}

/** Writes zeros, and adds the pooled values at their indices. Units: images. */
export function maxPoolGrad(begin: i32, end: i32, job: IndexJob, _scratch: usize): void {
  scatter(begin, end, job, true);
}

/** Writes or adds pooled values at their indices. @inline */
function scatter(begin: i32, end: i32, job: IndexJob, add: bool): void {
  const channels = job.channels;
  const maskChannels = job.maskChannels;
  const unpooledPixels = job.unpooledPixels;
  for (let image = begin; image < end; image++) {
    const to = job.unpooled + image * unpooledPixels * channels * 4;
    clearFloats(to, unpooledPixels * channels);
    let from = job.pooled + image * job.pixels * channels * 4;
    let index = job.indices + image * job.pixels * maskChannels * 4;
    for (let pixel = 0; pixel < job.pixels; pixel++, index += (maskChannels - channels) * 4) {
      for (let c = 0; c < channels; c++, from += 4, index += 4) {
        const place = placeOf(load<i32>(index), channels, maskChannels, unpooledPixels);
        if (place < 0) continue;
        if (add) store<f32>(to + place * 4, load<f32>(to + place * 4) + load<f32>(from));
        else store<f32>(to + place * 4, load<f32>(from));
      }
    }
  }
}

/** Reads the unpooled values at the indices, 0 for an index that is not valid. Units: images. */
export function maxUnpoolGrad(begin: i32, end: i32, job: IndexJob, _scratch: usize): void {
  const channels = job.channels;
  const maskChannels = job.maskChannels;
  const unpooledPixels = job.unpooledPixels;
  for (let image = begin; image < end; image++) {
    const from = job.unpooled + image * unpooledPixels * channels * 4;
    let to = job.pooled + image * job.pixels * channels * 4;
    let index = job.indices + image * job.pixels * maskChannels * 4;
    for (let pixel = 0; pixel < job.pixels; pixel++, index += (maskChannels - channels) * 4) {
      for (let c = 0; c < channels; c++, to += 4, index += 4) {
        const place = placeOf(load<i32>(index), channels, maskChannels, unpooledPixels);
        store<f32>(to, place < 0 ? 0 : load<f32>(from + place * 4));
      }
    }
  }
}
