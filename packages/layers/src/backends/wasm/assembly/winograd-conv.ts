/** Convolutions of 2 or 3 taps per direction with few products: those of tiles of 2 or 4 outputs per direction, in the domain of winograd-transforms.mjs. */
import { packPanel } from './pack-filter';
import { PANEL, panelWidth, rowsBy } from './tiles';
import { adjacentTiles, inputTiles } from './winograd-input';
import { groupAt, kindsAcross, kindsDown, TapGroup, WinogradConvJob } from './winograd-job';
import { addOverlaps, outputTiles, panelColumns } from './winograd-output';
import { transformFilter } from './winograd-transforms';

/** Channels of a filter that are transformed together, in the level-1 cache. */
export const PACK_CHANNELS: i32 = 16;

/** Transforms the filters of all groups: [panel][kind of product][channel][column]. Units: groups times blocks of PACK_CHANNELS. Scratch: a panel of them, before and after one direction. */
export function packWinograd(begin: i32, end: i32, job: WinogradConvJob, scratch: usize): void {
  const blocks = (job.channels + PACK_CHANNELS - 1) / PACK_CHANNELS;
  for (let unit = begin; unit < end; unit++) {
    const index = unit / blocks;
    const first = (unit - index * blocks) * PACK_CHANNELS;
    packChannels(job, groupAt(job, index), first, min(PACK_CHANNELS, job.channels - first), scratch);
  }
}

function packChannels(job: WinogradConvJob, group: TapGroup, first: i32, count: i32, packed: usize): void {
  const tapsY = group.tapsY;
  const tapsX = group.tapsX;
  const kinds = kindsAcross(group);
  const spare = packed + tapsY * tapsX * count * PANEL * 4;
  let to = group.transformed;
  for (let o = 0; o < job.outChannels; ) {
    const width = panelWidth(job.outChannels - o);
    const size = count * width * 4;
    const kind = job.channels * width * 4;
    const from = group.taps + first * job.channel + o * job.column;
    packPanel(
      from,
      tapsY,
      tapsX,
      count,
      min(width, job.outChannels - o),
      width,
      job.tapY,
      job.tapX,
      job.channel,
      job.column,
      packed,
    );
    for (let i = 0; i < tapsY; i++)
      transformFilter(kinds, packed + i * tapsX * size, size, spare + i * kinds * size, size, size >> 4);
    for (let k = 0; k < kinds; k++) {
      transformFilter(
        kindsDown(group),
        spare + k * size,
        kinds * size,
        to + k * kind + first * width * 4,
        kinds * kind,
        size >> 4,
      );
    }
    to += kindsDown(group) * kinds * kind;
    o += width;
  }
}

/** Convolves. Units: images times bands. Scratch: two parts, each for values before and after a step in turn. */
export function winogradConv(begin: i32, end: i32, job: WinogradConvJob, scratch: usize): void {
  for (let unit = begin, images = 1; unit < end; unit += images) {
    const image = unit / job.bands;
    const band = unit - image * job.bands;
    images = min(job.imagesAtOnce, end - unit);
    for (let index = 0; index < job.groupCount; index++) {
      const group = groupAt(job, index);
      const first = band * group.tileRows;
      const count = min(group.tileRows, group.tilesDown - first);
      if (count <= 0) continue;
      if (group.overlapAdd) overlapAddTiles(job, group, image, images, first, count, scratch);
      else gatherTiles(job, group, image, images, first, count, scratch);
    }
  }
}

/** Makes the output of `count` rows of tiles of some images. */
function gatherTiles(
  job: WinogradConvJob,
  group: TapGroup,
  image: i32,
  images: i32,
  first: i32,
  count: i32,
  scratch: usize,
): void {
  const second = scratch + job.firstPart;
  const tiles = count * group.tilesAcross;
  const all = images * tiles;
  for (let i = 0, to = scratch; i < images; i++, to += tiles * job.channels * 4)
    inputTiles(job, group, image + i, first, count, all, to, second);
  products(job, group, all, scratch, second);
  outputTiles(job, group, image, images, first, count, second, scratch);
}

/** Makes the same by overlap-add: the output of the row of tiles above the first one reaches into it. */
function overlapAddTiles(
  job: WinogradConvJob,
  group: TapGroup,
  image: i32,
  images: i32,
  first: i32,
  count: i32,
  scratch: usize,
): void {
  const second = scratch + job.firstPart;
  const above = min(first, 1);
  const tiles = (above + count) * group.tilesAcross;
  const all = images * tiles;
  const bytes = job.height * job.width * job.channels * 4;
  for (let i = 0, to = scratch; i < images; i++, to += tiles * job.channels * 4) {
    const x = job.x + (image + i) * bytes;
    adjacentTiles(group, x, job.height, job.width, job.channels, first - above, above + count, all, to, second);
  }
  products(job, group, all, scratch, second);
  addOverlaps(job, group, image, images, first, above, count, second, scratch);
}

/** Multiplies, for every kind of product, `all` tiles by the filter: [kind][tile][output channel, up to the end of the last panel]. */
function products(job: WinogradConvJob, group: TapGroup, all: i32, tiles: usize, to: usize): void {
  const channels = job.channels;
  const kinds = kindsDown(group) * kindsAcross(group);
  const columns = panelColumns(job.outChannels);
  for (let k = 0; k < kinds; k++, tiles += all * channels * 4, to += all * columns * 4) {
    for (let o = 0; o < columns; ) {
      const width = panelWidth(job.outChannels - o);
      const filter = group.transformed + (kinds * o + k * width) * channels * 4;
      rowsBy(width, all, tiles, channels * 4, 4, filter, width * 4, 1, channels, 0, 0, to + o * 4, columns * 4, 0, 0);
      o += width;
    }
  }
}
