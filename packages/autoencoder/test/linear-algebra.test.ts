import { describe, expect, it } from 'vitest';
import { Random } from '../src/data/random';
import type { Kernels } from '../src/linear-algebra/kernels';
import { openKernels } from '../src/linear-algebra/open-kernels';
import { PlainKernels } from '../src/linear-algebra/plain-kernels';
import { ProductSums } from '../src/linear-algebra/product-sums';
import { Reflector } from '../src/linear-algebra/reflector';
import { rowProducts } from '../src/linear-algebra/row-products';
import { reduceToTridiagonal } from '../src/linear-algebra/tridiagonal';

function normals(count: number): Float64Array {
  return Float64Array.from(new Random(5).normals(count));
}

/** Runs steps to their end. */
function finish<T>(steps: Generator<void, T, void>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The results of a kernel for the same values in WebAssembly and in plain JavaScript. */
function bothWays(count: number, run: (kernels: Kernels) => void): number[][] {
  return [openKernels(count), new PlainKernels(new Float64Array(count))].map((kernels) => {
    kernels.values.set(normals(count));
    run(kernels);
    return [...kernels.values];
  });
}

describe('the kernels of linear algebra', () => {
  it('run in WebAssembly', () => {
    expect(openKernels(1)).not.toBeInstanceOf(PlainKernels);
  });

  it.each<[string, number, (kernels: Kernels) => void]>([
    ['products', 3000, (kernels) => kernels.addProducts(0, 3, 500, 4, 16, 13, 1500, 16, false)],
    ['products of columns with themselves', 3000, (kernels) => kernels.addProducts(0, 4, 0, 4, 16, 16, 1500, 16, true)],
    ['passes over an even number of rows', 700, (kernels) => kernels.passOver(10, 20, 18, 420)],
    ['passes over an odd number of rows', 700, (kernels) => kernels.passOver(10, 20, 19, 420)],
    ['passes over one row', 700, (kernels) => kernels.passOver(10, 20, 1, 420)],
    ['reflections', 700, (kernels) => kernels.reflectPairs(4, 3, 40, 300, 39, 600)],
  ])('come to the same bits in WebAssembly and in JavaScript: %s', (_, count, run) => {
    const [wasm, plain] = bothWays(count, run);
    expect(wasm).not.toEqual([...normals(count)]);
    expect(wasm).toEqual(plain);
  });
});

describe('ProductSums', () => {
  it.each([1, 6, 130])('adds up the products of %i values in rows, and can continue afterwards', (n) => {
    const [rows, count] = [normals(n * 150), 150];
    const products = new ProductSums(n);
    const add = (from: number, to: number) => {
      for (let i = from; i < to; i++) products.add(rows.subarray(i * n, (i + 1) * n));
      return products.sums(2);
    };
    const expected = (to: number, i: number, j: number) => {
      let sum = 0;
      for (let row = 0; row < to; row++) sum += 2 * rows[row * n + i] * rows[row * n + j];
      return sum;
    };
    for (const to of [70, count]) {
      const sums = add(to === 70 ? 0 : 70, to);
      const errors = sums.map((sum, at) => Math.abs(sum - expected(to, Math.floor(at / n), at % n)));
      expect(Math.max(...errors)).toBeLessThan(1e-9);
    }
  });
});

describe('rowProducts', () => {
  it.each([
    [1, 1, 1],
    [5, 3, 7],
    [300, 6, 130],
  ])('multiplies %i rows with %i others of %i values', (m, k, n) => {
    const [a, b] = [normals(m * n), normals(k * n).reverse()];
    const products = finish(rowProducts(a, b, n));
    expect(products).toHaveLength(m * k);
    for (const [at, product] of products.entries()) {
      const [i, j] = [Math.floor(at / k), at % k];
      let expected = 0;
      for (let t = 0; t < n; t++) expected += a[i * n + t] * b[j * n + t];
      expect(product).toBeCloseTo(expected, 9);
    }
  });
});

describe('Reflector', () => {
  it.each([1, 2, 5, 70])('transforms vectors of %i values to those of the tridiagonal matrix, and back', (n) => {
    const random = normals(n * n);
    const matrix = random.map((value, at) => value + random[(at % n) * n + Math.floor(at / n)]);
    const form = finish(reduceToTridiagonal(matrix, n));
    const reflector = new Reflector(form);
    const vectors = normals(n * 67);
    const there = vectors.slice();
    finish(reflector.forth(there));
    for (let row = 0; row < 67; row++) {
      const [x, y] = [vectors, there].map((all) => all.subarray(row * n, (row + 1) * n));
      let [expected, found] = [0, 0];
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) expected += x[i] * matrix[i * n + j] * x[j];
        found += form.diagonal[i] * y[i] ** 2 + (i + 1 < n ? 2 * form.offDiagonal[i] * y[i] * y[i + 1] : 0);
      }
      expect(found / (1 + Math.abs(expected))).toBeCloseTo(expected / (1 + Math.abs(expected)), 9);
    }
    const again = there.slice();
    finish(reflector.back(again));
    for (const [i, value] of again.entries()) expect(value).toBeCloseTo(vectors[i], 9);
  });
});
