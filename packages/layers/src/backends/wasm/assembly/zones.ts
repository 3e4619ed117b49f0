/** Rows of which a zone keeps some values: see contracts/zone-kernels.ts. */

@unmanaged
export class ZonesJob {
  /** [rows][columns], or [rows][size] for what is scattered. */
  x: usize;
  y: usize;
  /** The zone of each row, as i32: written by chooseZones, read by the others. */
  zones: usize;
  /** Positions as f32: [zoneCount][size]. */
  positions: usize;
  zoneCount: i32;
  size: i32;
  columns: i32;
}

/** Chooses the zone with the largest sum of squares. Units: rows. */
export function chooseZones(begin: i32, end: i32, job: ZonesJob, _scratch: usize): void {
  const columns = <u32>job.columns;
  for (let row = begin; row < end; row++) {
    const x = job.x + row * (columns << 2);
    let best = 0;
    let most: f64 = -1;
    let position = job.positions;
    for (let zone = 0; zone < job.zoneCount; zone++) {
      // Four sums at a time: each addition would wait for the last one.
      let sum0: f64 = 0;
      let sum1: f64 = 0;
      let sum2: f64 = 0;
      let sum3: f64 = 0;
      let i = job.size;
      for (; i >= 4; i -= 4, position += 16) {
        sum0 += squareAt(x, columns, position);
        sum1 += squareAt(x, columns, position + 4);
        sum2 += squareAt(x, columns, position + 8);
        sum3 += squareAt(x, columns, position + 12);
      }
      for (; i > 0; i--, position += 4) sum0 += squareAt(x, columns, position);
      const sum = sum0 + sum1 + (sum2 + sum3);
      if (sum > most) {
        most = sum;
        best = zone;
      }
    }
    store<i32>(job.zones + (row << 2), best);
  }
}

/** Returns the square of the value at a position of a row, 0 if it is outside. @inline */
function squareAt(x: usize, columns: u32, position: usize): f64 {
  const at = <u32>(<i32>load<f32>(position));
  const value: f64 = at < columns ? load<f32>(x + (at << 2)) : 0;
  return value * value;
}

/** Gathers the values of each row's zone. Units: rows. */
export function gatherZones(begin: i32, end: i32, job: ZonesJob, _scratch: usize): void {
  const columns = <u32>job.columns;
  const size = job.size;
  for (let row = begin; row < end; row++) {
    const x = job.x + row * (columns << 2);
    const y = job.y + ((row * size) << 2);
    const positions = zoneOf(job, row);
    for (let i = 0; i < size << 2; i += 4) {
      const at = <u32>(<i32>load<f32>(positions + i));
      store<f32>(y + i, at < columns ? load<f32>(x + (at << 2)) : 0);
    }
  }
}

/** Puts the values of each row's zone in their places. Units: rows. */
export function scatterZones(begin: i32, end: i32, job: ZonesJob, _scratch: usize): void {
  const columns = <u32>job.columns;
  const size = job.size;
  for (let row = begin; row < end; row++) {
    const x = job.x + ((row * size) << 2);
    const y = job.y + row * (columns << 2);
    const positions = zoneOf(job, row);
    for (let i: u32 = 0; i < columns << 2; i += 4) store<f32>(y + i, 0);
    for (let i = 0; i < size << 2; i += 4) {
      const at = <u32>(<i32>load<f32>(positions + i));
      if (at < columns) store<f32>(y + (at << 2), load<f32>(x + i));
    }
  }
}

/** Returns where the positions of a row's zone begin: those of the last one if there is no such zone. @inline */
function zoneOf(job: ZonesJob, row: i32): usize {
  const zone = min(<u32>load<i32>(job.zones + (row << 2)), <u32>job.zoneCount - 1);
  return job.positions + ((zone * job.size) << 2);
}
