import { clearFloats, copyFloats } from './simd';

/** Copies rows [top, top + rows) and columns [left, left + columns) of an image; what is outside the image becomes zero. */
export function copyPadded(
  image: usize,
  height: i32,
  width: i32,
  channels: i32,
  top: i32,
  left: i32,
  rows: i32,
  columns: i32,
  to: usize,
): void {
  const first = max(left, 0);
  const limit = min(left + columns, width);
  const inside = max(limit - first, 0);
  const before = min(first - left, columns) * channels;
  const after = (columns - (first - left) - inside) * channels;
  for (let r = top; r < top + rows; r++, to += columns * channels * 4) {
    if (r < 0 || r >= height || inside === 0) {
      clearFloats(to, columns * channels);
      continue;
    }
    clearFloats(to, before);
    copyFloats(to + before * 4, image + (r * width + first) * channels * 4, inside * channels);
    if (after > 0) clearFloats(to + (before + inside * channels) * 4, after);
  }
}
