import { isColored } from '../data/pixels';
import type { Sample } from '../data/samples';
import type { RgbImage } from './png';

/** Pixels between images. */
const gap = 2;

/** Draws rows of samples of one size on white: for a run, inputs above and their reconstructions below. */
export function drawSampleGrid(rows: readonly (readonly Sample[])[]): RgbImage {
  const { height, width } = rows[0][0];
  const columns = Math.max(...rows.map((row) => row.length));
  const [gridWidth, gridHeight] = [columns * (width + gap) - gap, rows.length * (height + gap) - gap];
  const data = new Uint8ClampedArray(gridWidth * gridHeight * 3).fill(255);
  for (const [row, samples] of rows.entries()) {
    for (const [column, sample] of samples.entries()) {
      drawSample(data, gridWidth, sample, row * (height + gap), column * (width + gap));
    }
  }
  return { width: gridWidth, height: gridHeight, data: new Uint8Array(data.buffer) };
}

/** Copies a sample, planar and blue first, to `[H, W, 3]` RGB without alpha; of what has no colours the first channel, as grey. */
function drawSample(out: Uint8ClampedArray, outWidth: number, sample: Sample, top: number, left: number): void {
  const { channels, height, width, data } = sample;
  const area = height * width;
  const colored = isColored(channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = ((top + y) * outWidth + left + x) * 3;
      for (let c = 0; c < 3; c++) out[at + c] = data[(colored ? 2 - c : 0) * area + y * width + x];
    }
  }
}
