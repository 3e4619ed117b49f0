/** Samples as pictures in a page: PNG files in data URIs. */

import { encodePng, type RgbImage, toRgbImage } from '@ae/images/png';
import type { Sample } from '../data/samples';

/** A picture as a data URI (PNG), shown at `width` x `height` or larger. */
export interface Picture {
  readonly uri: string;
  readonly width: number;
  readonly height: number;
}

/** How much the error is amplified in an error picture. */
export const errorGain = 4;

export function toPicture(sample: Sample): Picture {
  return imageToPicture(toRgbImage(sample));
}

/** Shows a PNG file unchanged. */
export function pngToPicture(file: Uint8Array): Picture {
  const png = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const uri = `data:image/png;base64,${png.toString('base64')}`;
  return { uri, width: png.readUInt32BE(16), height: png.readUInt32BE(20) };
}

function imageToPicture(image: RgbImage): Picture {
  return pngToPicture(encodePng(image));
}

/** The absolute difference of two samples, amplified by {@link errorGain}: black where they are equal. */
export function errorPicture(a: Sample, b: Sample): Picture {
  const errors = Uint8ClampedArray.from(a.data, (value, i) => errorGain * Math.abs(value - b.data[i]));
  const data = new Uint8Array(errors.buffer);
  return toPicture({ ...a, data });
}

/** Many small pictures in one, in `columns` columns. */
export interface SpriteSheet extends Picture {
  readonly columns: number;
  readonly rows: number;
}

/** Shrinks samples of one size to at most `size` pixels per side and combines them in one picture. */
export function toSpriteSheet(samples: readonly Sample[], size: number): SpriteSheet {
  const tiles = samples.map((sample) => shrink(toRgbImage(sample), size));
  const { width, height } = tiles[0];
  const columns = Math.ceil(Math.sqrt(tiles.length));
  const rows = Math.ceil(tiles.length / columns);
  const sheet = new Uint8Array(3 * columns * width * rows * height);
  for (const [i, tile] of tiles.entries()) {
    const left = (i % columns) * width;
    const top = Math.floor(i / columns) * height;
    for (let y = 0; y < height; y++) {
      const row = tile.data.subarray(3 * y * width, 3 * (y + 1) * width);
      sheet.set(row, 3 * ((top + y) * columns * width + left));
    }
  }
  return { ...imageToPicture({ width: columns * width, height: rows * height, data: sheet }), columns, rows };
}

/** Averages boxes of pixels so that the longer side has at most `size`. */
function shrink(image: RgbImage, size: number): RgbImage {
  const factor = Math.ceil(Math.max(image.width, image.height) / size);
  if (factor <= 1) return image;
  const width = Math.max(1, Math.floor(image.width / factor));
  const height = Math.max(1, Math.floor(image.height / factor));
  const [boxWidth, boxHeight] = [Math.min(factor, image.width), Math.min(factor, image.height)];
  const data = Uint8Array.from({ length: 3 * width * height }, (_, at) => {
    const c = at % 3;
    const x = Math.floor(at / 3) % width;
    const y = Math.floor(at / 3 / width);
    let sum = 0;
    for (let dy = 0; dy < boxHeight; dy++) {
      for (let dx = 0; dx < boxWidth; dx++) {
        sum += image.data[3 * ((y * factor + dy) * image.width + x * factor + dx) + c];
      }
    }
    return Math.round(sum / (boxWidth * boxHeight));
  });
  return { width, height, data };
}
