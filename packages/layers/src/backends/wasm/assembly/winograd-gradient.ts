/** The gradient of the filter of a convolution by Winograd's algorithm. */
import { chunkStart } from './filter-gradient';
import { ACCUMULATE, clearFloats } from './simd';
import { panelWidth, rowsBy } from './tiles';
import { adjacentTiles, inputTiles } from './winograd-input';
import { groupAt, kindsAcross, kindsDown, TapGroup, WinogradJob } from './winograd-job';
import { gatherFilter } from './winograd-transforms';

/** The gradient of the filter, of all groups. */
@unmanaged
export class WinogradGradientJob extends WinogradJob {
  images: i32;
  /** Images that are worked on together; more than one only where each is one band. */
  imagesAtOnce: i32;
  /** Each chunk of the images' bands makes a gradient of its own, gradientBytes apart. */
  chunks: i32;
  gradientBytes: usize;
  /** Bytes of both parts of the scratch memory, which sums of products follow. */
  bothParts: i32;
}

/**
 * Makes the gradients of all chunks. Units: groups times chunks. Scratch: the transformed input; the transformed gradient of the output; and sums of
 * products, before and after one direction.
 */
export function winogradGradient(begin: i32, end: i32, job: WinogradGradientJob, scratch: usize): void {
  for (let unit = begin; unit < end; unit++) {
    const index = unit / job.chunks;
    const chunk = unit - index * job.chunks;
    const group = groupAt(job, index);
    const rows = group.tilesDown;
    const bands = (rows + group.tileRows - 1) / group.tileRows;
    const all = job.images * bands;
    const kinds = kindsDown(group) * kindsAcross(group);
    const gradient = scratch + job.firstPart;
    const sums = scratch + job.bothParts;
    const limit = chunkStart(chunk + 1, job.chunks, all);
    const start = chunkStart(chunk, job.chunks, all);
    if (start === limit) clearFloats(sums, kinds * job.channels * job.outChannels);
    for (let band = start; band < limit; ) {
      const image = band / bands;
      const first = (band - image * bands) * group.tileRows;
      const count = min(group.tileRows, rows - first);
      const images = bands > 1 ? 1 : min(job.imagesAtOnce, limit - band);
      const tiles = count * group.tilesAcross;
      const all = images * tiles;
      const spare = gradient + kinds * all * job.outChannels * 4;
      for (let i = 0; i < images; i++) {
        const at = group.y + (image + i) * group.outHeight * group.outWidth * job.outChannels * 4;
        inputTiles(job, group, image + i, first, count, all, scratch + i * tiles * job.channels * 4, spare);
        const to = gradient + i * tiles * job.outChannels * 4;
        adjacentTiles(group, at, group.outHeight, group.outWidth, job.outChannels, first, count, all, to, spare);
      }
      addProducts(job, group, all, scratch, gradient, sums, band > start ? ACCUMULATE : 0);
      band += images;
    }
    makeTaps(job, group, sums, group.taps + chunk * job.gradientBytes);
  }
}

/** Makes or adds, for every kind of product, transpose(input tiles) * gradient tiles, of which there are `all`. */
function addProducts(
  job: WinogradGradientJob,
  group: TapGroup,
  all: i32,
  input: usize,
  gradient: usize,
  sums: usize,
  flags: i32,
): void {
  const channels = job.channels;
  const columns = job.outChannels;
  const kinds = kindsDown(group) * kindsAcross(group);
  for (
    let k = 0;
    k < kinds;
    k++, input += all * channels * 4, gradient += all * columns * 4, sums += channels * columns * 4
  ) {
    for (let o = 0; o < columns; ) {
      const width = panelWidth(columns - o); // never more than are left, as in filter-gradient.ts
      rowsBy(
        width,
        channels,
        input,
        4,
        channels * 4,
        gradient + o * 4,
        columns * 4,
        1,
        all,
        0,
        0,
        sums + o * 4,
        columns * 4,
        0,
        flags,
      );
      o += width;
    }
  }
}

/** Values of a tap that are made at a time, in the level-1 cache. */
export const SLICE_VALUES: i32 = 256;

/** Makes the gradients of the taps of sums of products, which spare memory follows. */
function makeTaps(job: WinogradGradientJob, group: TapGroup, sums: usize, taps: usize): void {
  const values = job.channels * job.outChannels;
  const kinds = kindsAcross(group);
  const kind = values * 4;
  const spare = sums + kindsDown(group) * kinds * kind;
  for (let first = 0; first < values; first += SLICE_VALUES) {
    const bytes = min(SLICE_VALUES, values - first) * 4;
    for (let k = 0; k < kinds; k++) {
      const from = sums + k * kind + first * 4;
      gatherFilter(kindsDown(group), from, kinds * kind, spare + k * bytes, kinds * bytes, bytes >> 4);
    }
    for (let i = 0; i < group.tapsY; i++) {
      const from = spare + i * kinds * bytes;
      gatherFilter(kinds, from, bytes, taps + first * 4 + i * job.tapY, job.tapX, bytes >> 4);
    }
  }
}
