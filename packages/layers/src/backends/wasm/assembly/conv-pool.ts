import { ConvJob, convRows } from './conv';
import { poolWindow2x2 } from './pooling';

/** A convolution followed by max-pooling of 2 x 2: y is never stored but two rows at a time. `unitRows` counts pooled rows. */
@unmanaged
export class ConvPoolJob extends ConvJob {
  /** [images][pooledHeight][pooledWidth][outChannels], outChannels a multiple of 4. */
  values: usize;
  indices: usize;
  pooledHeight: i32;
  pooledWidth: i32;
}

/** Convolves and pools. Units: images times bands of pooled rows. Scratch: two rows of y, and that of conv. */
export function convPool(begin: i32, end: i32, job: ConvPoolJob, scratch: usize): void {
  const channels = job.outChannels;
  const row = job.outWidth * channels * 4;
  const pooledRow = job.pooledWidth * channels * 4;
  const bands = (job.pooledHeight + job.unitRows - 1) / job.unitRows;
  for (let unit = begin; unit < end; unit++) {
    const image = unit / bands;
    const first = (unit - image * bands) * job.unitRows;
    for (let r = first; r < min(first + job.unitRows, job.pooledHeight); r++) {
      convRows(job, image, 2 * r, 2, scratch, scratch + 2 * row);
      let at = (image * job.pooledHeight + r) * pooledRow;
      for (let q = 0; q < job.pooledWidth; q++, at += channels * 4) {
        const corner = (2 * r * job.outWidth + 2 * q) * channels;
        poolWindow2x2(scratch + 2 * q * channels * 4, row, channels, corner, job.values + at, job.indices + at);
      }
    }
  }
}
