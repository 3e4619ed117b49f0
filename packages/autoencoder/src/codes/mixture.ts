/**
 * A mixture of Gaussians fitted to codes: a distribution to draw new codes from, for networks whose codes have none of their own (Ghosh et
 * al., 2020). For long codes, each component has a full covariance along their leading principal axes, and independent variances for the
 * rest.
 */
import type { Random } from '../data/random';
import { cholesky } from '../linear-algebra/cholesky';
import { principalAxes, subtractProjection } from '../linear-algebra/principal-axes';
import { type Component, fitComponents, type Points } from './mixture-fit';

/** Number of axes with covariances: as many as a few hundred images can determine. */
const mostAxes = 48;

/** Codes, row by row. */
export interface CodeRows {
  /** `[count, size]`. */
  readonly values: Float32Array;
  readonly count: number;
  readonly size: number;
}

export interface MixtureOptions {
  /** Number of Gaussians. */
  readonly components: number;
  /** Yields to the event loop, and stops the work if the signal is aborted. */
  readonly pause: () => Promise<void>;
}

interface DrawnComponent extends Component {
  readonly lower: Float64Array;
  /** `[size]`: standard deviations of what the axes leave unexplained. */
  readonly rest: Float64Array;
}

/** A distribution of codes. */
export class CodeMixture {
  readonly #mean: Float64Array;
  /** `[axes, size]`, orthonormal rows. */
  readonly #axes: Float64Array;
  readonly #components: readonly DrawnComponent[];

  private constructor(mean: Float64Array, axes: Float64Array, components: readonly DrawnComponent[]) {
    this.#mean = mean;
    this.#axes = axes;
    this.#components = components;
  }

  /** Fits a mixture in double precision; the same codes and random numbers give the same result. */
  static async fit({ values, count, size }: CodeRows, random: Random, options: MixtureOptions): Promise<CodeMixture> {
    const mean = meanOf(values, count, size);
    const centered = values.map((value, i) => value - mean[i % size]);
    await options.pause();
    const width = Math.min(size, mostAxes);
    const normals = (length: number) => random.normals(length);
    const axes = width === size ? identity(size) : principalAxes(centered, { count, size, axes: width }, normals);
    const points: Points = { count, width, values: project(centered, axes, count, size, width) };
    await options.pause();
    const { components, weights } = await fitComponents(points, random, options);
    const drawn = components.map((component, k) => ({
      ...component,
      lower: cholesky(component.covariance, width),
      rest: restOf({ centered, axes, points, size }, weights[k]),
    }));
    return new CodeMixture(mean, axes, drawn);
  }

  /** Draws codes `[count, size]`. */
  draw(count: number, random: Random): Float32Array {
    const size = this.#mean.length;
    const codes = new Float32Array(count * size);
    for (let i = 0; i < count; i++) codes.set(this.#drawOne(random), i * size);
    return codes;
  }

  #drawOne(random: Random): Float64Array {
    const component = pick(this.#components, random.uniform());
    const [size, width] = [this.#mean.length, component.mean.length];
    const code = Float64Array.from(random.normals(size), (value, j) => value * component.rest[j]);
    const axisOf = (a: number) => this.#axes.subarray(a * size, (a + 1) * size);
    for (let a = 0; a < width; a++) subtractProjection(code, axisOf(a));
    const normals = random.normals(width);
    for (let a = 0; a < width; a++) {
      let at = component.mean[a];
      for (let b = 0; b <= a; b++) at += component.lower[a * width + b] * normals[b];
      const axis = axisOf(a);
      for (let j = 0; j < size; j++) code[j] += at * axis[j];
    }
    return code.map((value, j) => value + this.#mean[j]);
  }
}

function pick<T extends Component>(components: readonly T[], uniform: number): T {
  let left = uniform;
  for (const component of components) {
    left -= component.share;
    if (left < 0) return component;
  }
  return components[components.length - 1];
}

function meanOf(values: Float32Array, count: number, size: number): Float64Array {
  const mean = new Float64Array(size);
  for (let i = 0; i < values.length; i++) mean[i % size] += values[i] / count;
  return mean;
}

function identity(size: number): Float64Array {
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) matrix[i * size + i] = 1;
  return matrix;
}

function project(centered: Float32Array, axes: Float64Array, count: number, size: number, width: number): Float64Array {
  const points = new Float64Array(count * width);
  for (let i = 0; i < count; i++) {
    for (let a = 0; a < width; a++) {
      let product = 0;
      for (let j = 0; j < size; j++) product += centered[i * size + j] * axes[a * size + j];
      points[i * width + a] = product;
    }
  }
  return points;
}

/** Returns the standard deviations of what the axes leave unexplained, each code with its weight. */
function restOf(
  { centered, axes, points, size }: { centered: Float32Array; axes: Float64Array; points: Points; size: number },
  weights: Float64Array,
): Float64Array {
  const { count, width, values } = points;
  const sums = new Float64Array(size);
  if (width === size) return sums;
  let total = 0;
  for (let i = 0; i < count; i++) {
    if (weights[i] < 1e-3) continue;
    total += weights[i];
    const rest = Float64Array.from(centered.subarray(i * size, (i + 1) * size));
    for (let a = 0; a < width; a++) {
      const at = values[i * width + a];
      for (let j = 0; j < size; j++) rest[j] -= at * axes[a * size + j];
    }
    for (let j = 0; j < size; j++) sums[j] += weights[i] * rest[j] * rest[j];
  }
  return sums.map((sum) => Math.sqrt(sum / Math.max(total, 1)));
}
