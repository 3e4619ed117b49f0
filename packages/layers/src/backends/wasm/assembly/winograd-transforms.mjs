/**
 * Writes the module `winograd-transforms`: the small linear maps of Winograd's convolutions, on vectors of channels.
 *
 * F(4, 3) makes four neighboring outputs of three taps from six inputs with 6 products instead of 12, F(4, 2) four of two taps from five
 * inputs with 5 products instead of 8, F(2, 3) two of three taps from four inputs with 4 products instead of 6, and F(2, 2) from three
 * inputs with 3 instead of 4: y = A'((G g) * (B' d)), element by element (Winograd 1980; Lavin and Gray 2016). With images both directions
 * save, so that 3 x 3 taps need 36 products instead of 144. The gradients are the same sum read the other ways: dg = G'((A dy) * (B' d)) for
 * the filter, and dd = B((G g) * (A dy)) for the inputs, in which tiles of dy that lie side by side make inputs that overlap.
 *
 * F(4, 3) evaluates polynomials at 0, a, -a, b, -b and infinity, F(4, 2) at c, -c, d, -d and infinity. The usual 1 and 2 lose three times
 * as many bits as these do.
 */
const [a, b] = [5 / 8, 3 / 2];
const [aa, bb] = [a * a, b * b];
/** What the polynomials of a and -a, and of b and -b, are divided by. */
const [fa, fb] = [2 * aa * (aa - bb), 2 * bb * (bb - aa)];
const [c, d] = [1 / 2, 5 / 4];
const [cc, dd] = [c * c, d * d];
const [fc, fd] = [2 * c * (cc - dd), 2 * d * (dd - cc)];

/** The maps by the number of products. */
const inputs = {
  6: [
    [aa * bb, 0, -aa - bb, 0, 1, 0],
    [0, -a * bb, -bb, a, 1, 0],
    [0, a * bb, -bb, -a, 1, 0],
    [0, -b * aa, -aa, b, 1, 0],
    [0, b * aa, -aa, -b, 1, 0],
    [0, aa * bb, 0, -aa - bb, 0, 1],
  ],
  5: [
    [-c * dd, -dd, c, 1, 0],
    [c * dd, -dd, -c, 1, 0],
    [-d * cc, -cc, d, 1, 0],
    [d * cc, -cc, -d, 1, 0],
    [cc * dd, 0, -cc - dd, 0, 1],
  ],
  4: [
    [1, 0, -1, 0],
    [0, 1, 1, 0],
    [0, -1, 1, 0],
    [0, 1, 0, -1],
  ],
  3: [
    [1, -1, 0],
    [0, 1, 0],
    [0, 1, -1],
  ],
};
const filters = {
  6: [
    [1 / (aa * bb), 0, 0],
    [1 / fa, a / fa, aa / fa],
    [1 / fa, -a / fa, aa / fa],
    [1 / fb, b / fb, bb / fb],
    [1 / fb, -b / fb, bb / fb],
    [0, 0, 1],
  ],
  5: [
    [1 / fc, c / fc],
    [-1 / fc, c / fc],
    [1 / fd, d / fd],
    [-1 / fd, d / fd],
    [0, 1],
  ],
  4: [
    [1, 0, 0],
    [0.5, 0.5, 0.5],
    [0.5, -0.5, 0.5],
    [0, 0, 1],
  ],
  3: [
    [1, 0],
    [1, 1],
    [0, 1],
  ],
};
const outputs = {
  6: [
    [1, 1, 1, 1, 1, 0],
    [0, a, -a, b, -b, 0],
    [0, aa, aa, bb, bb, 0],
    [0, aa * a, -aa * a, bb * b, -bb * b, 1],
  ],
  5: [
    [1, 1, 1, 1, 0],
    [c, -c, d, -d, 0],
    [cc, cc, dd, dd, 0],
    [cc * c, -cc * c, dd * d, -dd * d, 1],
  ],
  4: [
    [1, 1, 1, 0],
    [0, 1, -1, -1],
  ],
  3: [
    [1, 1, 0],
    [0, 1, -1],
  ],
};

/** The maps by name and number of products. */
export const transforms = {
  transformInput: inputs,
  transformFilter: filters,
  transformOutput: outputs,
  spreadOutput: mapValues(outputs, transposed),
  gatherFilter: mapValues(filters, transposed),
  gatherInput: mapValues(inputs, transposed),
};

/**
 * Returns the AssemblyScript source: for each map f a function f(kinds, from, fromStep, to, toStep, count).
 *
 * Factors are global variables that the compilers cannot know. V8 makes a vector of a literal anew for each use, which takes longer than what is
 * done with it, and does not join the operations that use it.
 *
 * @param pairs whether to map two vectors at a time as long as there are two, which V8 may join as it does those of tiles
 */
export function transformsSource(pairs) {
  const factors = new Factors();
  const maps = Object.entries(transforms).flatMap(([name, byKinds]) => [
    ...Object.entries(byKinds).map(([kinds, matrix]) => mapSource(`${name}${kinds}`, matrix, pairs, factors)),
    `/** Applies it for 3 to 6 kinds of products. */
export function ${name}(kinds: i32, from: usize, fromStep: usize, to: usize, toStep: usize, count: i32): void {
  if (kinds == 6) ${name}6(from, fromStep, to, toStep, count);
  else if (kinds == 5) ${name}5(from, fromStep, to, toStep, count);
  else if (kinds == 4) ${name}4(from, fromStep, to, toStep, count);
  else ${name}3(from, fromStep, to, toStep, count);
}`,
  ]);
  return [`import { multiplyAdd } from './simd';`, factors.source(), ...maps].join('\n');
}

/** Factors of all maps, each a global variable factor0, factor1, ... */
class Factors {
  #values = [];

  /** Returns the name of a factor. */
  name(factor) {
    if (!this.#values.includes(factor)) this.#values.push(factor);
    return `factor${this.#values.indexOf(factor)}`;
  }

  /** Declares them. No compiler knows the size of the memory, nor that nothing times 0 is NaN here. */
  source() {
    const declarations = this.#values.map((factor, i) => `let factor${i}: f32 = ${factor} + zero;`);
    return ['const zero: f32 = <f32>memory.size() * 0;', ...declarations].join('\n');
  }
}

function mapSource(name, matrix, pairs, factors) {
  const { shared, rows } = shareSums(matrix);
  const used = new Set();
  const vectorOf = (factor) => {
    const name = factors.name(factor);
    used.add(name);
    return `v_${name}`;
  };
  /** The values and stores of the vector at an offset, with names that begin with a letter of its own. */
  const vector = (letter, at) => {
    const sumOf = (terms) =>
      sum(
        terms.map(({ factor, x }) => ({ factor, x: letter + x })),
        vectorOf,
      );
    return {
      values: [
        ...matrix[0].map((_, i) => `${letter}x${i} = v128.load(from + ${i} * fromStep, ${at})`),
        ...shared.map(({ name, terms }) => `${letter}${name} = ${sumOf(terms)}`),
      ],
      stores: rows.map((terms, i) => `v128.store(to + ${i} * toStep, ${sumOf(terms)}, ${at});`),
    };
  };
  const loop = (letters) => {
    const vectors = letters.map((letter, i) => vector(letter, 16 * i));
    const count = letters.length;
    return `
  for (; count >= ${count}; count -= ${count}, from += ${16 * count}, to += ${16 * count}) {
    const ${vectors.flatMap(({ values }) => values).join(', ')};
${rows.map((_, i) => `    ${vectors.map(({ stores }) => stores[i]).join(' ')}`).join('\n')}
  }`;
  };
  const loops = (pairs ? [['p', 'q'], ['p']] : [['p']]).map(loop);
  return `
function ${name}(from: usize, fromStep: usize, to: usize, toStep: usize, count: i32): void {
${[...used].map((name) => `  const v_${name} = f32x4.splat(${name});`).join('\n')}${loops.join('')}
}`;
}

/** Which kinds of products belong to a point and to what it is without its sign, by their number. */
const opposites = {
  6: [
    [1, 2],
    [3, 4],
  ],
  5: [
    [0, 1],
    [2, 3],
  ],
};

/**
 * Finds what outputs have in common, a list of terms each: rows of opposite points are a sum and a difference of the same, and columns of
 * opposite points are only used as a sum and a difference.
 */
function shareSums(matrix) {
  const names = matrix[0].map((_, i) => `x${i}`);
  const [rowPairs, columnPairs] = [opposites[matrix.length], opposites[names.length]];
  const byRows = rowPairs && shareRows(matrix, names, rowPairs);
  const byColumns = columnPairs && shareColumns(matrix, names, columnPairs);
  // Square maps have both; only those of opposite points have fewer terms that way.
  if (byRows && byColumns) return countTerms(byRows) <= countTerms(byColumns) ? byRows : byColumns;
  return byRows ?? byColumns ?? { shared: [], rows: matrix.map((row) => termsOf(row, names)) };
}

const countTerms = ({ shared, rows }) => [...shared.map(({ terms }) => terms), ...rows].flat().length;

const termsOf = (row, names) => row.flatMap((factor, i) => (factor === 0 ? [] : [{ factor, x: names[i] }]));

function shareRows(matrix, names, pairs) {
  const half = (i, j, sign) => matrix[i].map((factor, k) => (factor + sign * matrix[j][k]) / 2);
  const shared = pairs.flatMap(([i, j]) => [
    { name: `s${i}`, terms: termsOf(half(i, j, 1), names) },
    { name: `d${i}`, terms: termsOf(half(i, j, -1), names) },
  ]);
  const rows = matrix.map((row) => termsOf(row, names));
  for (const [i, j] of pairs) {
    rows[i] = termsOf([1, 1], [`s${i}`, `d${i}`]);
    rows[j] = termsOf([1, -1], [`s${i}`, `d${i}`]);
  }
  return { shared, rows };
}

function shareColumns(matrix, names, pairs) {
  const shared = pairs.flatMap(([i, j]) => [
    { name: `s${i}`, terms: termsOf([1, 1], [names[i], names[j]]) },
    { name: `d${i}`, terms: termsOf([1, -1], [names[i], names[j]]) },
  ]);
  const single = names.filter((_, i) => !pairs.flat().includes(i));
  const rows = matrix.map((row) => [
    ...termsOf(
      row.filter((_, i) => single.includes(names[i])),
      single,
    ),
    ...pairs.flatMap(([i, j]) => termsOf([(row[i] + row[j]) / 2, (row[i] - row[j]) / 2], [`s${i}`, `d${i}`])),
  ]);
  return { shared, rows };
}

/** Writes the sum of some terms. What has the factor 1 comes first, so that all else can be added by multiply-add. */
function sum(terms, vectorOf) {
  const plain = terms.filter(({ factor }) => factor === 1);
  const ordered = [...plain, ...terms.filter(({ factor }) => factor !== 1)];
  return ordered.reduce((text, { factor, x }) => {
    if (text === '') return factor === 1 ? x : `f32x4.mul(${x}, ${vectorOf(factor)})`;
    if (factor === 1) return `f32x4.add(${text}, ${x})`;
    if (factor === -1) return `f32x4.sub(${text}, ${x})`;
    return `multiplyAdd(${x}, ${vectorOf(factor)}, ${text})`;
  }, '');
}

function transposed(matrix) {
  return matrix[0].map((_, column) => matrix.map((row) => row[column]));
}

function mapValues(object, f) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, f(value)]));
}
