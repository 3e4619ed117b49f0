/** Converts channels of pixels: between gray, color and alpha, and between interleaved RGB and planar BGR. */
import { runKernel } from '../kernels/image-kernels';
import { checkPixels } from './checks';
import type { Pixels, RgbColor } from './pixels';

/** Converts gray to three equal channels; alpha is dropped. */
export function toColor(pixels: Pixels): Pixels {
  checkPixels('toColor', pixels);
  const { data, channels, height, width } = pixels;
  if (channels === 3) return { data, channels, height, width };
  const out = new Uint8Array(height * width * 3);
  const step = channels < 3 ? 0 : 1;
  for (let s = 0, t = 0; t < out.length; s += channels, t += 3) {
    for (let c = 0; c < 3; c++) out[t + c] = data[s + c * step];
  }
  return { data: out, channels: 3, height, width };
}

/** Converts pixels to RGBA; pixels without alpha become opaque. */
export function toRgba({ data, channels, height, width }: Pixels): Pixels {
  if (channels === 4) return { data, channels, height, width };
  const out = new Uint8Array(height * width * 4).fill(255);
  const step = channels < 3 ? 0 : 1;
  for (let s = 0, t = 0; t < out.length; s += channels, t += 4) {
    for (let c = 0; c < 3; c++) out[t + c] = data[s + c * step];
    if (channels === 2) out[t + 3] = data[s + 1];
  }
  return { data: out, channels: 4, height, width };
}

/** Blends pixels with a color by their alpha: `[H, W, 2 | 4]` to RGB. Pixels without alpha are unchanged. */
export function blend(pixels: Pixels, background: RgbColor): Pixels {
  const { data, channels, height, width } = pixels;
  if (channels !== 2 && channels !== 4) return pixels;
  const out = new Uint8Array(height * width * 3);
  const step = channels === 2 ? 0 : 1;
  for (let s = 0, t = 0; t < out.length; s += channels, t += 3) {
    const alpha = data[s + channels - 1];
    for (let c = 0; c < 3; c++) {
      out[t + c] = Math.round((data[s + c * step] * alpha + background[c] * (255 - alpha)) / 255);
    }
  }
  return { data: out, channels: 3, height, width };
}

/** Converts color to gray with OpenCV's fixed-point weights (0.299, 0.587, 0.114); for PNG files, OpenCV uses libpng, which truncates. */
export function toGray(pixels: Pixels, truncate = false): Pixels {
  checkPixels('toGray', pixels);
  const { data, channels, height, width } = pixels;
  if (channels === 1) return { data, channels, height, width };
  const out = new Uint8Array(height * width);
  const half = truncate ? 0 : 1 << 14;
  for (let s = 0, t = 0; t < out.length; s += channels, t++) {
    out[t] = channels < 3 ? data[s] : (data[s] * 9798 + data[s + 1] * 19235 + data[s + 2] * 3735 + half) >> 15;
  }
  return { data: out, channels: 1, height, width };
}

/** Converts interleaved `[H, W, C]` RGB(A) to planar `[C, H, W]` BGR(A), the layout of a raw Datum. */
export function toPlanarBgr(pixels: Pixels): Uint8Array {
  checkPixels('toPlanarBgr', pixels);
  const { data, channels, height, width } = pixels;
  const count = height * width;
  if (channels === 3) {
    const bytes = runKernel([data, { bytes: 3 * count }], 1, (kernels, [src, dst]) =>
      kernels.planarBgr(src, count, dst),
    );
    if (bytes) return bytes;
  }
  const planar = new Uint8Array(count * channels);
  for (let c = 0; c < channels; c++) {
    const from = storedChannel(c, channels);
    const end = (c + 1) * count;
    for (let t = c * count, s = from; t < end; t++, s += channels) planar[t] = data[s];
  }
  return planar;
}

/** Converts planar `[C, H, W]` BGR(A) to interleaved `[H, W, C]` RGB(A). */
export function toInterleavedRgb(planar: Uint8Array, channels: number, height: number, width: number): Pixels {
  checkPixels('toInterleavedRgb', { data: planar, channels, height, width });
  const count = height * width;
  const data = new Uint8Array(count * channels);
  for (let c = 0; c < channels; c++) {
    const to = storedChannel(c, channels);
    for (let s = c * count, t = to, end = s + count; s < end; s++, t += channels) data[t] = planar[s];
  }
  return { data, channels, height, width };
}

/** Swaps blue and red in pixels of 3 or 4 channels; green, alpha and pixels without color are unchanged. */
function storedChannel(c: number, channels: number): number {
  return (channels === 3 || channels === 4) && c < 3 ? 2 - c : c;
}
