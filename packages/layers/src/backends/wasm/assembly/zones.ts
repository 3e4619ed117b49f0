/** Rows of which a zone keeps some values: see contracts/zone-kernels.ts. */

@unmanaged
export class ZonesJob {
  /** Rows of `columns` values, or codes: 1 + `size` numbers. */
  x: usize;
  y: usize;
  /** The zone of each row, as i32. */
  zones: usize;
  /** Positions as f32: [zoneCount][size]. */
  positions: usize;
  /** [columns]; only for encoding and decoding. */
  means: usize;
  zoneCount: i32;
  size: i32;
  columns: i32;
}

/** Encodes rows, and writes their zones. Units: rows. Scratch: a row. */
export function encodeZones(begin: i32, end: i32, job: ZonesJob, scratch: usize): void {
  const bytes = job.columns << 2;
  for (let row = begin; row < end; row++) {
    const x = job.x + row * bytes;
    for (let i = 0; i < bytes; i += 4) store<f32>(scratch + i, load<f32>(x + i) - load<f32>(job.means + i));
    const zone = bestZone(job, scratch);
    store<i32>(job.zones + (row << 2), zone);
    const y = codeAt(job, job.y, row);
    store<f32>(y, <f32>zone / <f32>job.zoneCount);
    gather(job, zone, scratch, y);
  }
}

/** Decodes codes, and writes their zones. Units: rows. */
export function decodeZones(begin: i32, end: i32, job: ZonesJob, _scratch: usize): void {
  const bytes = job.columns << 2;
  for (let row = begin; row < end; row++) {
    const code = codeAt(job, job.x, row);
    const index = nearest<f32>(load<f32>(code) * <f32>job.zoneCount);
    // NaN is zone 0.
    const zone = index > 0 ? <i32>min<f32>(index, <f32>(job.zoneCount - 1)) : 0;
    store<i32>(job.zones + (row << 2), zone);
    const y = job.y + row * bytes;
    for (let i = 0; i < bytes; i += 4) store<f32>(y + i, load<f32>(job.means + i));
    scatter(job, zone, code, y);
  }
}

/** Writes the values of each row's zone, after 0 for the index. Units: rows. */
export function gatherZones(begin: i32, end: i32, job: ZonesJob, _scratch: usize): void {
  for (let row = begin; row < end; row++) {
    const y = codeAt(job, job.y, row);
    store<f32>(y, 0);
    gather(job, zoneOf(job, row), job.x + ((row * job.columns) << 2), y);
  }
}

/** Writes the values of each row's zone to their places, and zeros elsewhere. Units: rows. */
export function scatterZones(begin: i32, end: i32, job: ZonesJob, _scratch: usize): void {
  const bytes = job.columns << 2;
  for (let row = begin; row < end; row++) {
    const y = job.y + row * bytes;
    for (let i = 0; i < bytes; i += 4) store<f32>(y + i, 0);
    scatter(job, zoneOf(job, row), codeAt(job, job.x, row), y);
  }
}

/** @inline */
function codeAt(job: ZonesJob, codes: usize, row: i32): usize {
  return codes + ((row * (job.size + 1)) << 2);
}

/** Returns a row's zone, the last one if there is no such zone. @inline */
function zoneOf(job: ZonesJob, row: i32): i32 {
  return min(<u32>load<i32>(job.zones + (row << 2)), <u32>job.zoneCount - 1);
}

/** Returns the zone with the largest sum of squares, the first of equal ones. */
function bestZone(job: ZonesJob, x: usize): i32 {
  const columns = job.columns;
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
  return best;
}

/** Returns the square of the value at a position, 0 if it is outside. @inline */
function squareAt(x: usize, columns: i32, position: usize): f64 {
  const at = <u32>(<i32>load<f32>(position));
  const value: f64 = at < <u32>columns ? load<f32>(x + (at << 2)) : 0;
  return value * value;
}

/** Writes the values of a zone to a code. */
function gather(job: ZonesJob, zone: i32, x: usize, code: usize): void {
  let positions = job.positions + ((zone * job.size) << 2);
  for (let i = job.size; i > 0; i--, positions += 4) {
    const at = <u32>(<i32>load<f32>(positions));
    code += 4;
    store<f32>(code, at < <u32>job.columns ? load<f32>(x + (at << 2)) : 0);
  }
}

/** Adds the values of a code to where they belong. */
function scatter(job: ZonesJob, zone: i32, code: usize, y: usize): void {
  let positions = job.positions + ((zone * job.size) << 2);
  for (let i = job.size; i > 0; i--, positions += 4) {
    const at = <u32>(<i32>load<f32>(positions));
    code += 4;
    if (at < <u32>job.columns) store<f32>(y + (at << 2), load<f32>(y + (at << 2)) + load<f32>(code));
  }
}
