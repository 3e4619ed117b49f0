/** The gradient of the filter of a convolution by Winograd's algorithm. */
import { chunkStart, sumRow } from './filter-gradient';
import { ACCUMULATE, clearFloats } from './simd';
import { panelWidth, rowsBy } from './tiles';
import { inputTiles, sideBySide } from './winograd-input';
import { groupAt, kindsAcross, kindsDown, TapGroup, WinogradJob } from './winograd-job';
import { gatherFilter } from './winograd-transforms';

/** The gradient of the filter, of all groups. */
@unmanaged
export class WinogradGradientJob extends WinogradJob {
  /** Each chunk of the images' bands has sums of its own, sumBytes apart. */
  images: i32;
  /** Images that are worked on together; more than one only where each is one band. */
  imagesAtOnce: i32;
  chunks: i32;
  sumBytes: usize;
}

/** Makes sums for the gradient. Units: groups times chunks. Scratch: the transformed input, and in the second part the transformed gradient. */
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
    const sums = group.transformed + chunk * job.sumBytes;
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
        sideBySide(group, at, group.outHeight, group.outWidth, job.outChannels, first, count, all, to, spare);
      }
      addProducts(job, group, all, scratch, gradient, sums, band > start ? ACCUMULATE : 0);
      band += images;
    }
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

/** Values of a tap in one unit of unpackWinograd. */
export const SLICE_VALUES: i32 = 256;

/** Adds up the chunks of winogradGradient and makes the gradients of the taps of them. Units: groups times slices of SLICE_VALUES. Scratch: a slice of all kinds of products, before and after one direction. */
export function unpackWinograd(begin: i32, end: i32, job: WinogradGradientJob, scratch: usize): void {
  const values = job.channels * job.outChannels;
  const slices = (values + SLICE_VALUES - 1) / SLICE_VALUES;
  for (let unit = begin; unit < end; unit++) {
    const index = unit / slices;
    const first = (unit - index * slices) * SLICE_VALUES;
    const bytes = min(SLICE_VALUES, values - first) * 4;
    const group = groupAt(job, index);
    const kinds = kindsAcross(group);
    const all = kindsDown(group) * kinds;
    const spare = scratch + all * bytes;
    for (let k = 0; k < all; k++)
      sumRow(group.transformed + (k * values + first) * 4, job.sumBytes, job.chunks, bytes >> 2, scratch + k * bytes);
    gatherFilter(kindsDown(group), scratch, kinds * bytes, spare, kinds * bytes, (kinds * bytes) >> 4);
    for (let i = 0; i < group.tapsY; i++) {
      gatherFilter(
        kinds,
        spare + i * kinds * bytes,
        bytes,
        group.taps + first * 4 + i * job.tapY,
        job.tapX,
        bytes >> 4,
      );
    }
  }
}
