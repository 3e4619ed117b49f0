import { checkKeys, checkNumber, checkNumbers, invalidOption } from '../errors/errors';
import { checkNamedCodes } from './check-codes';
import type { Codes } from './codes';

/** How many neighbors to find, and by which distance. */
export interface NeighborOptions {
  /** Maximum number of neighbors. Default 5. */
  readonly count?: number;
  /** 'euclidean': length of the difference; 'cosine': 1 minus the cosine of the angle. Default 'euclidean'. */
  readonly metric?: 'euclidean' | 'cosine';
}

/** An image that was found, and the distance of its code. */
export interface Neighbor {
  /** Its index among the codes. */
  readonly index: number;
  readonly key: string;
  readonly label?: number;
  readonly distance: number;
}

/**
 * Returns the codes nearest to a code, nearest first, by comparing it with all of them. `query` is an index into the codes, which is then
 * excluded from the result, or a code of `codeSize` numbers. Throws INVALID_OPTION.
 */
export function nearestNeighbors(
  codes: Codes,
  query: number | ArrayLike<number>,
  options: NeighborOptions = {},
): Neighbor[] {
  checkKeys('nearestNeighbors', options, ['count', 'metric']);
  const { count = 5, metric = 'euclidean' } = options;
  checkNumber('count', count, { min: 0, integer: true });
  if (metric !== 'euclidean' && metric !== 'cosine') throw invalidOption('metric', '"euclidean" or "cosine"', metric);
  const distanceTo = { euclidean: euclideanDistance, cosine: cosineDistance }[metric];
  checkNamedCodes('nearestNeighbors', codes);
  const code = resolveQuery(codes, query);
  const distances = Float64Array.from({ length: codes.count }, (_, i) => {
    return distanceTo(code, codes.values, i * codes.codeSize, codes.codeSize);
  });
  const order = Array.from(distances.keys())
    .filter((i) => i !== query)
    .sort((a, b) => distances[a] - distances[b] || a - b);
  return order.slice(0, count).map((index) => ({
    index,
    key: codes.keys[index],
    label: codes.labels[index],
    distance: distances[index],
  }));
}

function resolveQuery({ values, count, codeSize }: Codes, query: number | ArrayLike<number>): ArrayLike<number> {
  if (typeof query === 'number') {
    checkNumber('query', query, { min: 0, max: count - 1, integer: true });
    return values.subarray(query * codeSize, (query + 1) * codeSize);
  }
  checkNumbers('query', query, codeSize);
  return query;
}

function euclideanDistance(code: ArrayLike<number>, values: Float32Array, start: number, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += (code[i] - values[start + i]) ** 2;
  return Math.sqrt(sum);
}

function cosineDistance(code: ArrayLike<number>, values: Float32Array, start: number, size: number): number {
  let product = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (let i = 0; i < size; i++) {
    product += code[i] * values[start + i];
    squaresA += code[i] ** 2;
    squaresB += values[start + i] ** 2;
  }
  return 1 - product / (Math.sqrt(squaresA * squaresB) || 1);
}
