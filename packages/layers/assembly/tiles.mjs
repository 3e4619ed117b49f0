/**
 * Writes the module `tiles`: the register tiles, the innermost loops of everything that multiplies.
 *
 * AssemblyScript has no arrays of registers, so a tile of R rows by V vectors is R * V local variables, spelt out. That is all this
 * generator does. Which tiles are worth having depends on the width of the registers: see `tileSets`.
 */

/**
 * The sets of tiles: the columns of the widest tile, and for each width in columns the largest number of rows.
 *
 * A tile lives in registers only. V8 leaves 15 of the 16 SSE/AVX registers usable, and its older compiler (Node.js 20) moves all loads
 * of a step in front of the sums: 3 rows of 3 vectors just fit (9 sums, 3 vectors of B, 3 values of A); 4 rows of 3 are spilt to
 * the stack and lose a third of the speed. Where V8 joins pairs of 128-bit operations to 256-bit ones, vectors count in pairs
 * and 6 rows of 4 fit.
 */
export const tileSets = {
  narrow: { panel: 12, rows: { 12: 3, 8: 4, 4: 6 } },
  wide: { panel: 16, rows: { 16: 6, 8: 8, 4: 8 } },
};

/** Answers the AssemblyScript source of one set of tiles. */
export function tilesSource({ panel, rows }) {
  const widths = Object.keys(rows).map(Number);
  return [
    `import { ACCUMULATE, BIAS, RELU, TOUCH, finish, multiplyAdd, sum4, touch } from './simd';`,
    `export const PANEL: i32 = ${panel};\nexport const ROWS: i32 = ${rows[panel]};`,
    ...widths.flatMap((width) => list(rows[width], (r) => productTile(r + 1, width / 4))),
    ...widths.map((width) => productRows(width === panel ? 'Panel' : width, width, rows[width])),
    ...[1, 2, 3].flatMap((r) => [1, 3].map((columns) => dotTile(r, columns))),
  ].join('\n');
}

const list = (count, item) => Array.from({ length: count }, (_, index) => item(index));
const joined = (count, item, separator = ' ') => list(count, item).join(separator);
const lines = (count, item) => joined(count, item, '\n');

/**
 * C[R, 4V] = A * B, with A read value by value and B vector by vector.
 *
 * a + row * aRow + step * aStep is a value of A, b + step * bStep a row of B. The steps come in `runs` of `length`; behind each run
 * a and b move on by aSkip and bSkip. `count` tiles are made one after the other, aNext, bNext and cNext bytes apart.
 */
function productTile(rows, vectors) {
  const sums = (body) => lines(rows, (r) => joined(vectors, (v) => body(`c${r}${v}`, v, r)));
  return `
export function tile${rows}x${vectors * 4}(
  a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, runs: i32, length: i32, aSkip: usize, bSkip: usize,
  c: usize, cRow: usize, bias: usize, flags: i32, count: i32, aNext: usize, bNext: usize, cNext: usize,
): void {
  for (; count > 0; count--) {
    if (flags & TOUCH) { ${joined(rows, (r) => `touch(c + ${r} * cRow, ${vectors * 16 - 4});`)} }
    ${sums((c) => `let ${c} = f32x4.splat(0);`)}
    let ${joined(rows, (r) => (r ? `p${r} = p${r - 1} + aRow` : 'p0 = a'), ', ')}, w = b;
    for (let run = runs; run > 0; run--) {
      for (let step = length; step > 0; step--) {
        const ${joined(vectors, (v) => `b${v} = v128.load(w, ${v * 16})`, ', ')};
${lines(rows, (r) => `        const a${r} = v128.load32_splat(p${r}); ${joined(vectors, (v) => `c${r}${v} = multiplyAdd(a${r}, b${v}, c${r}${v});`)}`)}
        ${joined(rows, (r) => `p${r} += aStep;`)} w += bStep;
      }
      ${joined(rows, (r) => `p${r} += aSkip;`)} w += bSkip;
    }
    if (flags & ACCUMULATE) {
      ${sums((c, v, r) => `${c} = f32x4.add(${c}, v128.load(c + ${r} * cRow, ${v * 16}));`)}
    }
    if (flags & BIAS) {
      const ${joined(vectors, (v) => `d${v} = v128.load(bias, ${v * 16})`, ', ')};
      ${sums((c, v) => `${c} = f32x4.add(${c}, d${v});`)}
    }
    if (flags & RELU) {
      const zero = f32x4.splat(0);
      ${sums((c) => `${c} = f32x4.pmax(${c}, zero);`)}
    }
    ${sums((c, v, r) => `v128.store(c + ${r} * cRow, ${c}, ${v * 16});`)}
    a += aNext; b += bNext; c += cNext;
  }
}`;
}

/** The same for any number of rows, in tiles of one width. */
function productRows(name, width, most) {
  const steps = 'b, bStep, runs, length, aSkip, bSkip';
  return `
export function rowsBy${name}(
  count: i32, a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, runs: i32, length: i32, aSkip: usize, bSkip: usize,
  c: usize, cRow: usize, bias: usize, flags: i32,
): void {
  const whole = count / ${most};
  tile${most}x${width}(a, aRow, aStep, ${steps}, c, cRow, bias, flags, whole, ${most} * aRow, 0, ${most} * cRow);
  a += whole * ${most} * aRow; c += whole * ${most} * cRow;
  switch (count - whole * ${most}) {
${lines(most - 1, (r) => `    case ${r + 1}: tile${r + 1}x${width}(a, aRow, aStep, ${steps}, c, cRow, bias, flags, 1, 0, 0, 0); break;`)}
  }
}`;
}

/**
 * C[R, S] = A * transpose(B), both read vector by vector along the steps: R * S vectors of partial sums, added up at the end.
 *
 * a + row * aRow and b + column * bRow are rows of values that follow each other. Runs and skips as above; the steps behind the last
 * multiple of 4 of a run are taken one by one. A bias is one value a column.
 */
function dotTile(rows, columns) {
  const products = (load) => `
        const ${joined(columns, (s) => `b${s} = ${load}(w${s})`, ', ')};
${lines(rows, (r) => `        const a${r} = ${load}(p${r}); ${joined(columns, (s) => `c${r}${s} = multiplyAdd(a${r}, b${s}, c${r}${s});`)}`)}`;
  const advance = (a, b) => `${joined(rows, (r) => `p${r} += ${a};`)} ${joined(columns, (s) => `w${s} += ${b};`)}`;
  return `
export function dot${rows}x${columns}(
  a: usize, aRow: usize, b: usize, bRow: usize, runs: i32, length: i32, aSkip: usize, bSkip: usize,
  c: usize, cRow: usize, bias: usize, flags: i32, count: i32, aNext: usize, bNext: usize, cNext: usize,
): void {
  const quads = length >> 2, rest = length & 3;
  for (; count > 0; count--) {
    ${lines(rows, (r) => joined(columns, (s) => `let c${r}${s} = f32x4.splat(0);`))}
    let ${joined(rows, (r) => (r ? `p${r} = p${r - 1} + aRow` : 'p0 = a'), ', ')};
    let ${joined(columns, (s) => (s ? `w${s} = w${s - 1} + bRow` : 'w0 = b'), ', ')};
    for (let run = runs; run > 0; run--) {
      for (let quad = quads; quad > 0; quad--) {${products('v128.load')}
        ${advance(16, 16)}
      }
      for (let step = rest; step > 0; step--) {${products('v128.load32_zero')}
        ${advance(4, 4)}
      }
      ${advance('aSkip', 'bSkip')}
    }
${lines(rows, (r) => `    finish(c + ${r} * cRow, sum4(${joined(4, (s) => (s < columns ? `c${r}${s}` : 'f32x4.splat(0)'), ', ')}), bias, flags, ${columns});`)}
    a += aNext; b += bNext; c += cNext;
  }
}`;
}
