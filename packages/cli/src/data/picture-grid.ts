import type { Sample } from '@ae/lmdb-datum';
import { CliError } from '../shell/cli-error';

export interface GridOptions {
  /** How many screen pixels one picture pixel becomes, without smoothing; fewer where pictures are too large. Default 2. */
  readonly scale?: number;
  /** Pixels between pictures of a row. Default 4. */
  readonly gap?: number;
  /** Pixels between groups of rows. Default 12. */
  readonly groupGap?: number;
  /** Grey level of the ground, 0 to 255. Default 255. */
  readonly ground?: number;
}

/** Interleaved `[height, width, 3]` RGB bytes. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A grid has at most about as many pixels: 200 MB of them. */
const maxGridPixels = 2 ** 26;

/**
 * Lays pictures out in groups of rows (such as inputs above reconstructions), each picture centred in a cell of the
 * largest one's size, or of what a grid has room for, to which larger ones are shrunk. Samples of 3 or 4 channels
 * are planar BGR(A); of others the first channel is drawn, as grey.
 */
export function layOutGrid(groups: readonly (readonly (readonly Sample[])[])[], options: GridOptions = {}): RgbImage {
  const { scale = 2, gap = 4, groupGap = 12, ground = 255 } = options;
  const rows = groups.flat();
  const columns = Math.max(...rows.map((row) => row.length));
  const maxSide = Math.floor(Math.sqrt(maxGridPixels / (rows.length * columns)));
  const drawn = rows.flat().map((sample) => drawnSize(sample, scale, maxSide));
  const cellWidth = Math.max(...drawn.map((size) => size.width));
  const cellHeight = Math.max(...drawn.map((size) => size.height));
  const width = columns * (cellWidth + gap) + gap;
  const height = rows.length * (cellHeight + gap) + gap + (groups.length - 1) * (groupGap - gap);
  // Rounds what is not a byte, and keeps it within bytes.
  const image = { width, height, data: new Uint8ClampedArray(width * height * 3).fill(ground) };
  let top = gap;
  for (const group of groups) {
    for (const row of group) {
      row.forEach((sample, column) => {
        const size = drawnSize(sample, scale, maxSide);
        const left = gap + column * (cellWidth + gap) + ((cellWidth - size.width) >> 1);
        drawSample(image, sample, left, top + ((cellHeight - size.height) >> 1), size);
      });
      top += cellHeight + gap;
    }
    top += groupGap - gap;
  }
  return { width, height, data: new Uint8Array(image.data.buffer) };
}

/** The size of a picture in the grid: enlarged, but no side longer than `maxSide`. */
function drawnSize({ width, height }: Sample, scale: number, maxSide: number): { width: number; height: number } {
  const factor = Math.min(scale, maxSide / Math.max(width, height));
  return { width: Math.max(1, Math.floor(width * factor)), height: Math.max(1, Math.floor(height * factor)) };
}

function drawSample(
  image: { readonly width: number; readonly data: Uint8ClampedArray },
  sample: Sample,
  left: number,
  top: number,
  size: { width: number; height: number },
): void {
  const { width, height, channels, data } = sample;
  const area = width * height;
  // Planes are blue, green, red (and alpha, which is left out); what has no colours is drawn as its first plane.
  const [red, green, blue] = channels === 3 || channels === 4 ? [2 * area, area, 0] : [0, 0, 0];
  for (let y = 0; y < size.height; y++) {
    const line = Math.floor((y * height) / size.height) * width;
    let out = ((top + y) * image.width + left) * 3;
    for (let x = 0; x < size.width; x++) {
      const pixel = line + Math.floor((x * width) / size.width);
      image.data[out++] = data[red + pixel];
      image.data[out++] = data[green + pixel];
      image.data[out++] = data[blue + pixel];
    }
  }
}

/** A sample as an image file can hold it: floats rounded to bytes, and of what has no colours the first channel, as grey. */
export function asPicture(sample: Sample): Sample {
  const { height, width, data } = sample;
  const channels = sample.channels === 3 || sample.channels === 4 ? sample.channels : 1;
  const bytes = Uint8ClampedArray.from(data.subarray(0, channels * height * width));
  return { ...sample, channels, data: new Uint8Array(bytes.buffer) };
}

/** Encodes RGB bytes as a PNG file. */
export async function encodePicture({ width, height, data }: RgbImage): Promise<Buffer> {
  const sharp = await loadSharp();
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** Loads the package that writes pictures; throws MISSING_DEPENDENCY. */
export async function loadSharp() {
  try {
    return (await import('sharp')).default;
  } catch (cause) {
    throw new CliError(
      'MISSING_DEPENDENCY',
      'sharp: expected the package that writes pictures, which does not load here; run npm install sharp.',
      { cause },
    );
  }
}
