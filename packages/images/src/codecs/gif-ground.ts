/**
 * The background of the first image of a GIF: the file names a palette color for it, which OpenCV uses where the image is transparent and
 * where it does not reach.
 *
 *     6 u16 width   8 u16 height   10 u8 flags: 0x80 there is a palette, of 2 << (flags & 7) colors   11 u8 index of the color
 *     13 the palette, three bytes per color, then blocks: 0x21 an extension, of u8 type and sub-blocks of u8 length each, the last of 0;
 *     0x2c an image: u16 left, top, width, height ...
 */
import type { Box, Pixels } from '../pixels/pixels';

interface GifGround {
  color: readonly [red: number, green: number, blue: number];
  image: Box;
}

const IMAGE = 0x2c;
const EXTENSION = 0x21;

/** Returns undefined if the file ends before its first image. */
function readGround(file: Uint8Array): GifGround | undefined {
  const flags = file[10] ?? 0;
  const colors = flags & 0x80 ? 2 << (flags & 7) : 0;
  const number = file[11] ?? 0;
  const at = 13 + 3 * number;
  const color =
    number < colors ? ([file[at] ?? 0, file[at + 1] ?? 0, file[at + 2] ?? 0] as const) : ([0, 0, 0] as const);
  let block = 13 + 3 * colors;
  while (file[block] === EXTENSION) {
    block += 2;
    while (file[block]) block += 1 + file[block];
    block++;
  }
  if (file[block] !== IMAGE || block + 9 > file.length) return undefined;
  const u16 = (offset: number) => file[block + offset] + 256 * file[block + offset + 1];
  return { color, image: { left: u16(1), top: u16(3), width: u16(5), height: u16(7) } };
}

/** RGB or RGBA on the file's own background, as `[H, W, 3]`. */
export function groundGif(file: Uint8Array, pixels: Pixels): Pixels {
  const ground = readGround(file);
  const { data, channels, height, width } = pixels;
  if (!ground || channels < 3) return pixels;
  const { color, image } = ground;
  const out = new Uint8Array(height * width * 3);
  for (let y = 0, s = 0, t = 0; y < height; y++) {
    const isRow = y >= image.top && y < image.top + image.height;
    for (let x = 0; x < width; x++, s += channels, t += 3) {
      const isShown = isRow && x >= image.left && x < image.left + image.width && (channels < 4 || data[s + 3] > 0);
      for (let c = 0; c < 3; c++) out[t + c] = isShown ? data[s + c] : color[c];
    }
  }
  return { data: out, channels: 3, height, width };
}
