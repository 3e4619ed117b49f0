import { Random } from '../data/random';
import { checkKeys, checkNumber } from '../errors/errors';
import { symmetricEigen } from '../linear-algebra/symmetric-eigen';
import { checkCodes } from './check-codes';
import type { Codes } from './codes';

/** How codes are projected to fewer dimensions. */
export interface ProjectOptions {
  /** Number of principal components to keep. Default 2. */
  readonly components?: number;
}

/** Codes in the coordinates of their principal components. */
export interface Projection {
  /** `[count, components]`, row by row: coordinates relative to the mean code, largest variance first. */
  readonly values: Float64Array;
  readonly components: number;
  /** Each component's share of the total variance of the codes, 0 to 1. */
  readonly varianceShares: readonly number[];
}

/** Extra directions and iterations: enough for coordinates that look exact on a map. */
const oversampling = 8;
const rounds = 24;

/**
 * Projects codes to their first principal components, by subspace iteration from a fixed start: the same codes give the same coordinates.
 * Each component points in the direction in which its largest coordinate is positive.
 */
export function projectCodes(
  codes: Pick<Codes, 'values' | 'count' | 'codeSize'>,
  options: ProjectOptions = {},
): Projection {
  checkKeys('projectCodes', options, ['components']);
  const { components = 2 } = options;
  checkCodes('projectCodes', codes);
  const { count, codeSize } = codes;
  checkNumber('components', components, { min: 1, max: Math.max(1, codeSize), integer: true });
  const { rows, variance } = centerRows(codes);
  const width = Math.min(components + oversampling, codeSize);
  let basis = randomBasis(codeSize, width);
  for (let round = 0; round < rounds; round++) {
    basis = orthonormalize(
      multiplyTransposed(rows, multiply(rows, basis, codes, width), codes, width),
      codeSize,
      width,
    );
  }
  const scores = multiply(rows, basis, codes, width);
  return rotate(scores, count, width, components, variance);
}

function centerRows({ values, count, codeSize }: Pick<Codes, 'values' | 'count' | 'codeSize'>) {
  const mean = new Float64Array(codeSize);
  for (let i = 0; i < values.length; i++) mean[i % codeSize] += values[i] / count;
  const rows = new Float64Array(values.length);
  let variance = 0;
  for (let i = 0; i < values.length; i++) {
    rows[i] = values[i] - mean[i % codeSize];
    variance += rows[i] * rows[i];
  }
  return { rows, variance };
}

function randomBasis(size: number, width: number): Float64Array {
  const random = new Random(0);
  const basis = Float64Array.from({ length: size * width }, () => random.normal());
  return orthonormalize(basis, size, width);
}

/** rows `[count, codeSize]` x basis `[width, codeSize]` transposed -> `[count, width]`. */
function multiply(
  rows: Float64Array,
  basis: Float64Array,
  { count, codeSize }: Pick<Codes, 'count' | 'codeSize'>,
  width: number,
): Float64Array {
  const out = new Float64Array(count * width);
  for (let row = 0; row < count; row++) {
    for (let j = 0; j < width; j++) {
      let sum = 0;
      for (let k = 0; k < codeSize; k++) sum += rows[row * codeSize + k] * basis[j * codeSize + k];
      out[row * width + j] = sum;
    }
  }
  return out;
}

/** scores `[count, width]` transposed x rows `[count, codeSize]` -> `[width, codeSize]`. */
function multiplyTransposed(
  rows: Float64Array,
  scores: Float64Array,
  { count, codeSize }: Pick<Codes, 'count' | 'codeSize'>,
  width: number,
): Float64Array {
  const out = new Float64Array(width * codeSize);
  for (let row = 0; row < count; row++) {
    for (let j = 0; j < width; j++) {
      const score = scores[row * width + j];
      for (let k = 0; k < codeSize; k++) out[j * codeSize + k] += score * rows[row * codeSize + k];
    }
  }
  return out;
}

/** Gram-Schmidt on `width` rows of length `size`, done twice for accuracy; rows that vanish stay zero. */
function orthonormalize(basis: Float64Array, size: number, width: number): Float64Array {
  for (let j = 0; j < width; j++) {
    const row = basis.subarray(j * size, (j + 1) * size);
    const before = Math.sqrt(product(row, row));
    for (let pass = 0; pass < 2; pass++) {
      for (let other = 0; other < j; other++) {
        const known = basis.subarray(other * size, (other + 1) * size);
        const share = product(row, known);
        for (let k = 0; k < size; k++) row[k] -= share * known[k];
      }
    }
    const length = Math.sqrt(product(row, row));
    const scale = length > before * 1e-12 ? 1 / length : 0;
    for (let k = 0; k < size; k++) row[k] *= scale;
  }
  return basis;
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

/** Rotates the basis so that the coordinates are uncorrelated, and keeps the first ones. */
function rotate(scores: Float64Array, count: number, width: number, components: number, variance: number): Projection {
  const covariance = new Float64Array(width * width);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < width; j++) {
        covariance[i * width + j] += scores[row * width + i] * scores[row * width + j];
      }
    }
  }
  const { values: squares, vectors } = symmetricEigen(covariance, width);
  const values = new Float64Array(count * components);
  for (let c = 0; c < components; c++) {
    const axis = vectors.subarray(c * width, (c + 1) * width);
    let largest = 0;
    for (let row = 0; row < count; row++) {
      const coordinate = product(scores.subarray(row * width, (row + 1) * width), axis);
      values[row * components + c] = coordinate;
      if (Math.abs(coordinate) > Math.abs(largest)) largest = coordinate;
    }
    if (largest < 0) for (let row = 0; row < count; row++) values[row * components + c] *= -1;
  }
  const varianceShares = Array.from(squares.subarray(0, components), (square) => square / (variance || 1));
  return { values, components, varianceShares };
}
