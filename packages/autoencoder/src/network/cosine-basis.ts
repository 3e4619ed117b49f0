import type { ImageShape } from '../data/samples';

/**
 * Returns the matrix `[H * W * C, count]` whose columns are the lowest frequencies of images `[H, W, C]`: the orthonormal two-dimensional
 * discrete cosine transform (DCT-II) of each channel separately, by increasing distance from zero frequency.
 */
export function lowestFrequencies([height, width, channels]: ImageShape, count: number): Float32Array {
  const [rows, columns] = [cosines(height), cosines(width)];
  const matrix = new Float32Array(height * width * channels * count);
  for (const [unit, { v, u, c }] of frequencies([height, width, channels]).slice(0, count).entries()) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        matrix[((y * width + x) * channels + c) * count + unit] = rows[v * height + y] * columns[u * width + x];
      }
    }
  }
  return matrix;
}

/** All frequencies, lowest first; ties in a fixed order. */
function frequencies([height, width, channels]: ImageShape): { v: number; u: number; c: number }[] {
  const all = [];
  for (let v = 0; v < height; v++) {
    for (let u = 0; u < width; u++) {
      const distance = (v / height) ** 2 + (u / width) ** 2;
      for (let c = 0; c < channels; c++) all.push({ v, u, c, distance });
    }
  }
  return all.sort((a, b) => a.distance - b.distance);
}

/** The orthonormal DCT-II matrix, one frequency per row. */
function cosines(size: number): Float64Array {
  return Float64Array.from({ length: size * size }, (_, i) => {
    const [k, x] = [Math.floor(i / size), i % size];
    return Math.sqrt((k === 0 ? 1 : 2) / size) * Math.cos((Math.PI * k * (x + 0.5)) / size);
  });
}
