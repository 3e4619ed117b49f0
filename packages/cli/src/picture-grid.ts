import type { Sample } from '@ae/lmdb-datum';
import { CliError } from './cli-error';

export interface GridOptions {
  /** How many screen pixels one picture pixel becomes, in both directions, without smoothing. Default 2. */
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

/**
 * Lays pictures out in groups of rows (such as inputs above reconstructions), each picture centred in a cell of the
 * largest one's size. Samples are planar BGR, or grey when they have one channel.
 */
export function layOutGrid(groups: readonly (readonly (readonly Sample[])[])[], options: GridOptions = {}): RgbImage {
  const { scale = 2, gap = 4, groupGap = 12, ground = 255 } = options;
  const rows = groups.flat();
  const samples = rows.flat();
  const cellWidth = Math.max(...samples.map((sample) => sample.width)) * scale;
  const cellHeight = Math.max(...samples.map((sample) => sample.height)) * scale;
  const columns = Math.max(...rows.map((row) => row.length));
  const width = columns * (cellWidth + gap) + gap;
  const height = rows.length * (cellHeight + gap) + gap + (groups.length - 1) * (groupGap - gap);
  const image = { width, height, data: new Uint8Array(width * height * 3).fill(ground) };
  let top = gap;
  for (const group of groups) {
    for (const row of group) {
      row.forEach((sample, column) => {
        const left = gap + column * (cellWidth + gap) + ((cellWidth - sample.width * scale) >> 1);
        drawSample(image, sample, left, top + ((cellHeight - sample.height * scale) >> 1), scale);
      });
      top += cellHeight + gap;
    }
    top += groupGap - gap;
  }
  return image;
}

function drawSample(image: RgbImage, sample: Sample, left: number, top: number, scale: number): void {
  const { width, height, channels, data } = sample;
  const area = width * height;
  // Planes are blue, green, red (and alpha, which is left out); a grey picture has the same plane three times.
  const [red, green, blue] = channels >= 3 ? [2 * area, area, 0] : [0, 0, 0];
  for (let y = 0; y < height * scale; y++) {
    const line = Math.floor(y / scale) * width;
    let out = ((top + y) * image.width + left) * 3;
    for (let x = 0; x < width * scale; x++) {
      const pixel = line + Math.floor(x / scale);
      image.data[out++] = data[red + pixel];
      image.data[out++] = data[green + pixel];
      image.data[out++] = data[blue + pixel];
    }
  }
}

/** Encodes RGB bytes as a PNG file. */
export async function encodePicture({ width, height, data }: RgbImage): Promise<Buffer> {
  const sharp = await loadSharp();
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

async function loadSharp() {
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
