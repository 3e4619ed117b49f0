/** What all convolutions by Winograd's algorithm share: groups of taps, and where images and filters are. */

/** Two or three taps per direction: a convolution of their own, or a part of one that adds to what the parts before it have made. */
@unmanaged
export class TapGroup {
  tapsY: i32;
  tapsX: i32;
  /**
   * 0: adjacent tiles of outputs are made of inputs that overlap. 1, for overlap-add: adjacent tiles of inputs make outputs that overlap, all
   * that a tap can reach; strides are 1, x has no blocks, and `top` and `left` do not matter.
   */
  overlapAdd: i32;
  /** Output position (r, q) and tap (i, j) meet x at row (r + i) * strideY + top and column (q + j) * strideX + left; outside, x is zero. */
  top: i32;
  left: i32;
  outHeight: i32;
  outWidth: i32;
  /** Rows and columns of output that a tile makes, or of input that it is made of with overlap-add. */
  tileHeight: i32;
  tileWidth: i32;
  /** Rows of tiles, and tiles in each. */
  tilesDown: i32;
  tilesAcross: i32;
  /** Rows of tiles that are worked on together. */
  tileRows: i32;
  /** The group's first tap, in the filter or in the first chunk's gradient of it. */
  taps: usize;
  /** The filter as packWinograd writes it. */
  transformed: usize;
  /** Output, or its gradient. */
  y: usize;
  flags: i32;
  /** 0, or values of y's shape: where they are not positive, y becomes 0. */
  mask: usize;
}

@unmanaged
export class WinogradJob {
  groups: usize;
  groupCount: i32;
  x: usize;
  height: i32;
  width: i32;
  /** 0, or PixelBlocks: x has pixels that make up [height][width] blocks of `channels` values. */
  inputBlocks: usize;
  /** Multiples of 4. */
  channels: i32;
  outChannels: i32;
  strideY: i32;
  strideX: i32;
  /** Bytes from tap to tap of a group, in the filter or in its gradient. */
  tapY: i32;
  tapX: i32;
  /** Bytes of the first of the two parts of the scratch memory. */
  firstPart: i32;
}

/** Returns a group of the table. @inline */
export function groupAt(job: WinogradJob, index: i32): TapGroup {
  return changetype<TapGroup>(job.groups + index * offsetof<TapGroup>());
}

/** Counts the products that a tile takes along its height, and along its width. @inline */
export function kindsDown(group: TapGroup): i32 {
  return group.tapsY + group.tileHeight - 1;
}

/** @inline */
export function kindsAcross(group: TapGroup): i32 {
  return group.tapsX + group.tileWidth - 1;
}

/** y = x * filter, of all groups. */
@unmanaged
export class WinogradConvJob extends WinogradJob {
  /** Bytes from channel to channel and from output channel to output channel of the filter. */
  channel: i32;
  column: i32;
  /** Output values of one pixel follow each other; pixels, rows and images are this many bytes apart. */
  yPixel: i32;
  yRow: i32;
  yImage: usize;
  bias: usize;
  /** 0, or PixelTarget: the values of a pixel are a block of pixels of the image there, and y and its distances do not matter. */
  outputBlocks: usize;
  /** Bands of tileRows rows of tiles, as many for all groups, in one image. */
  bands: i32;
  /** Images that are worked on together; more than one only if each is one band. */
  imagesAtOnce: i32;
}
