/** Runs Householder's reduction to a tridiagonal matrix (assembly/tridiagonal.ts). */
import type { Tridiagonal } from '../../../contracts/linear-algebra-kernels';
import type { Engine } from '../runtime/engine';

/** Bands of rows with their own products. The number is fixed, so that the result does not depend on the number of threads. */
const bands = 8;

/** Fills a form whose `reflections` is the matrix. */
export function runTridiagonal(engine: Engine, { diagonal, offDiagonal, reflections, scales }: Tridiagonal): void {
  const n = diagonal.length;
  const bytes = 8 * n;
  engine.withMemory(bytes * (n + bands + 6), (matrix) => {
    const [vector, change, next, sums, ends, halves, products] = Array.from(
      { length: 7 },
      (_, i) => matrix + bytes * (n + i),
    );
    engine.doubles(matrix, n * n).set(reflections);
    engine.doubles(vector, n * 6).fill(0);
    const places = { vector, change, next, products, diagonal: sums, offDiagonal: ends, scales: halves };
    for (let row = n - 1; row >= 0; row--) {
      const job = { matrix, n, row, bands, ...places };
      engine.call('takeReflection', job);
      engine.run('reflectionPass', { units: row > 0 ? bands : 0 }, job);
    }
    reflections.set(engine.doubles(matrix, n * n));
    diagonal.set(engine.doubles(sums, n));
    offDiagonal.set(engine.doubles(ends, n));
    scales.set(engine.doubles(halves, n));
  });
}
