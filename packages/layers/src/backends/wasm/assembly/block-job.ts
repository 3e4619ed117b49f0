/** What two rows become: first = a * first + b * second, second = c * first + d * second. */
@unmanaged
export class RowStep {
  first: i32;
  second: i32;
  a: f32;
  b: f32;
  c: f32;
  d: f32;
}

@unmanaged
export class BlockTransformJob {
  /** NHWC, made of whole blocks. */
  images: usize;
  /** [N][rows][columns][count]. */
  coefficients: usize;
  /** [channels][channels], each column a direction; with one channel it is not read. */
  colors: usize;
  channels: i32;
  /** Of a block: powers of two from 4. */
  height: i32;
  width: i32;
  /** Blocks of an image. */
  rows: i32;
  columns: i32;
  count: i32;
  /** Steps of the transform along the height, and the row that each frequency ends up in. */
  downSteps: usize;
  downStepCount: i32;
  downRows: usize;
  acrossSteps: usize;
  acrossStepCount: i32;
  /** For each coefficient that is kept: bytes to it in the transformed planes, bytes to it among those that are kept, and its scale. */
  places: usize;
  indices: usize;
  scales: usize;
  keptCount: i32;
}
