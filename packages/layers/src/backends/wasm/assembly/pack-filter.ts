/** Filters as convolutions read them. */
import { copyFloats } from './simd';
import { panelWidth } from './tiles';

/** Up to this many output channels, sums are made along the channels of x instead of across the output channels. */
export const FEW_CHANNELS: i32 = 3;

/** Where the values of a filter are: tap (i, j), channel c and output channel o are at from + i * tapY + j * tapX + c * channel + o * column. */
@unmanaged
export class FilterJob {
  from: usize;
  to: usize;
  tapsY: i32;
  tapsX: i32;
  channels: i32;
  outChannels: i32;
  tapY: i32;
  tapX: i32;
  channel: i32;
  column: i32;
}

/** Lays a filter out for conv: panels [i][j][c][panel columns], the last one filled up with zeros; of few output channels [o][i][j][c]. */
export function packFilter(job: FilterJob): void {
  const few = job.outChannels <= FEW_CHANNELS;
  const taps = job.tapsY * job.tapsX;
  for (let o = 0, to = job.to; o < job.outChannels; ) {
    const width = few ? 1 : panelWidth(job.outChannels - o);
    packPanel(
      job.from + o * job.column,
      job.tapsY,
      job.tapsX,
      job.channels,
      min(width, job.outChannels - o),
      width,
      job.tapY,
      job.tapX,
      job.channel,
      job.column,
      to,
    );
    to += taps * job.channels * width * 4;
    o += width;
  }
}

/** Lays one panel of a filter out, of which `used` columns come from the filter. */
export function packPanel(
  from: usize,
  tapsY: i32,
  tapsX: i32,
  channels: i32,
  used: i32,
  width: i32,
  tapY: i32,
  tapX: i32,
  channel: i32,
  column: i32,
  to: usize,
): void {
  for (let i = 0; i < tapsY; i++)
    for (let j = 0; j < tapsX; j++) {
      let at = from + i * tapY + j * tapX;
      for (let c = 0; c < channels; c++, at += channel, to += width * 4) {
        if (column === 4 && used === width) copyFloats(to, at, width);
        else for (let k = 0; k < width; k++) store<f32>(to + k * 4, k < used ? load<f32>(at + k * column) : 0);
      }
    }
}
