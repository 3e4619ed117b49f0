/**
 * Writes the module `winograd-transforms`: the small linear maps of Winograd's convolutions, on vectors of channels.
 *
 * F(2, 3) makes two neighboring outputs of three taps from four inputs with 4 products instead of 6, and F(2, 2) from three inputs with
 * 3 instead of 4: y = A'((G g) * (B' d)), element by element (Winograd 1980; Lavin and Gray 2016). With images both directions save, so that
 * 3 x 3 taps need 16 products instead of 36. The gradient for the filter is the same sum read the other way:
 * dg = G'((A dy) * (B' d)).
 */
const inputs = {
  3: [
    [1, 0, -1, 0],
    [0, 1, 1, 0],
    [0, -1, 1, 0],
    [0, 1, 0, -1],
  ],
  2: [
    [1, -1, 0],
    [0, 1, 0],
    [0, 1, -1],
  ],
};
const filters = {
  3: [
    [1, 0, 0],
    [0.5, 0.5, 0.5],
    [0.5, -0.5, 0.5],
    [0, 0, 1],
  ],
  2: [
    [1, 0],
    [1, 1],
    [0, 1],
  ],
};
const outputs = {
  3: [
    [1, 1, 1, 0],
    [0, 1, -1, -1],
  ],
  2: [
    [1, 1, 0],
    [0, 1, -1],
  ],
};

/** The maps by name and number of taps. */
export const transforms = {
  transformInput: inputs,
  transformFilter: filters,
  transformOutput: outputs,
  spreadOutput: mapValues(outputs, transposed),
  gatherFilter: mapValues(filters, transposed),
};

/** Returns the AssemblyScript source: for each map f a function f(taps, from, fromStep, to, toStep, count). */
export function transformsSource() {
  return Object.entries(transforms)
    .flatMap(([name, byTaps]) => [
      ...Object.entries(byTaps).map(([taps, matrix]) => mapSource(`${name}${taps}`, matrix)),
      `/** Applies it for 3 or 2 taps. */
export function ${name}(taps: i32, from: usize, fromStep: usize, to: usize, toStep: usize, count: i32): void {
  if (taps == 3) ${name}3(from, fromStep, to, toStep, count);
  else ${name}2(from, fromStep, to, toStep, count);
}`,
    ])
    .join('\n');
}

function mapSource(name, matrix) {
  const loads = matrix[0].map((_, i) => `x${i} = v128.load(from + ${i} * fromStep)`);
  return `
function ${name}(from: usize, fromStep: usize, to: usize, toStep: usize, count: i32): void {
  for (; count > 0; count--, from += 16, to += 16) {
    const ${loads.join(', ')};
${matrix.map((row, i) => `    v128.store(to + ${i} * toStep, ${sum(row)});`).join('\n')}
  }
}`;
}

/** Writes the sum of some of x0, x1, ..., each with its factor. */
function sum(factors) {
  const terms = factors.map((factor, i) => ({ factor, x: `x${i}` })).filter(({ factor }) => factor !== 0);
  return terms.reduce((text, { factor, x }) => {
    const scaled = Math.abs(factor) === 1 ? x : `f32x4.mul(${x}, f32x4.splat(${Math.abs(factor)}))`;
    if (text === '') return factor > 0 ? scaled : `f32x4.neg(${scaled})`;
    return `f32x4.${factor > 0 ? 'add' : 'sub'}(${text}, ${scaled})`;
  }, '');
}

function transposed(matrix) {
  return matrix[0].map((_, column) => matrix.map((row) => row[column]));
}

function mapValues(object, f) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, f(value)]));
}
