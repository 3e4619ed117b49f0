/**
 * Plans the cosine transform (DCT-II) of some rows in steps of two rows each.
 *
 * A transform of n values consists of one of n / 2 sums and one of the fourth kind (DCT-IV) of n / 2 differences; the latter consists of a
 * rotation of pairs and two transforms of the second kind (Plonka and Tasche, "Fast and numerically stable algorithms for discrete cosine
 * transforms", 2005). All steps are rotations apart from their scale, so that small values never arise as differences of large ones.
 */
import type { RowStep } from '../assembly/dist/jobs';

/** How rows are transformed to their cosine transform. */
export interface CosineSteps {
  readonly steps: readonly RowStep[];
  /** The row in which each frequency ends up. */
  readonly rows: readonly number[];
  /** A factor for each frequency that makes the transform orthonormal. */
  readonly scales: readonly number[];
}

const planned = new Map<number, CosineSteps>();

/** Plans the transform of `length` rows, a power of two, at least 4. */
export function cosineSteps(length: number): CosineSteps {
  const known = planned.get(length);
  if (known) return known;
  const steps: RowStep[] = [];
  const rows = planSecond(
    Array.from({ length }, (_, i) => i),
    steps,
  );
  const scales = rows.map((_, k) => Math.sqrt((k === 0 ? 1 : 2) / length));
  const plan = { steps, rows, scales };
  planned.set(length, plan);
  return plan;
}

/** Plans sums of x_j cos(pi k (2j + 1) / 2n) and returns the row in which each k ends up. */
function planSecond(rows: readonly number[], steps: RowStep[]): number[] {
  const half = rows.length / 2;
  if (rows.length === 1) return [...rows];
  // The difference of a last pair is itself a transform of the fourth kind.
  const factor = rows.length === 2 ? Math.SQRT1_2 : 1;
  const [first, last] = [rows.slice(0, half), rows.slice(half).reverse()];
  for (let j = 0; j < half; j++) steps.push({ first: first[j], second: last[j], a: 1, b: 1, c: factor, d: -factor });
  const even = planSecond(first, steps);
  const odd = rows.length === 2 ? last : planFourth(last, steps);
  return rows.map((_, k) => (k % 2 === 0 ? even : odd)[Math.floor(k / 2)]);
}

/** Plans sums of x_j cos(pi (2k + 1) (2j + 1) / 4n) and returns the row in which each k ends up. */
function planFourth(rows: readonly number[], steps: RowStep[]): number[] {
  const half = rows.length / 2;
  const [first, last] = [rows.slice(0, half), rows.slice(half).reverse()];
  for (let j = 0; j < half; j++) {
    const angle = ((2 * j + 1) * Math.PI) / (4 * rows.length);
    const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
    const sign = j % 2 === 0 ? 1 : -1;
    steps.push({ first: first[j], second: last[j], a: cosine, b: sine, c: sign * sine, d: -sign * cosine });
  }
  const [cosines, sines] = [planSecond(first, steps), planSecond(last, steps)];
  const order = [cosines[0]];
  for (let m = 1; m < half; m++) {
    const [sum, difference] = [cosines[m], sines[half - m]];
    steps.push({ first: sum, second: difference, a: 1, b: 1, c: 1, d: -1 });
    order.push(sum, difference);
  }
  return [...order, sines[0]];
}
