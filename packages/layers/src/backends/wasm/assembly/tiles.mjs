/**
 * Writes the module `tiles`: the register tiles, the innermost loops of everything that multiplies.
 *
 * AssemblyScript has no arrays of registers, so a tile that keeps R * V sums in registers has R * V local variables, spelled out. That
 * is all this generator does. Which tiles are worth having depends on the width of the registers: see `tileSets`.
 */

/**
 * The sets of tiles. `rows`: for each width of a tile in columns the largest number of rows; the widest first. `pairs`: vectors that
 * a dot product takes at a time. `patches`: vectors of a patch that are added at a time; the last number must be 1. `patchDots`:
 * dot products of patches that are made at a time.
 *
 * A tile lives in registers only. V8 leaves 15 of the 16 SSE/AVX registers usable, and its older compiler (Node.js 20) moves all loads
 * of a step in front of the sums: 3 rows of 3 vectors just fit (9 sums, 3 vectors of B, 3 values of A); 4 rows of 3 are spilled to
 * the stack and lose a third of the speed. So sums plus values loaded are at most 15 in the narrow set.
 *
 * The wide set is for a V8 that joins pairs of neighboring 128-bit operations to 256-bit ones (Node.js 24, --experimental-wasm-revectorize):
 * vectors count in pairs, and V8 looks for the pairs from stores backwards, which is why sums are stored side by side.
 */
export const tileSets = {
  narrow: { rows: { 12: 3, 8: 4, 4: 6 }, pairs: 1, patches: [5, 4, 1], patchDots: 6 },
  wide: { rows: { 16: 6, 12: 6, 8: 8, 4: 8 }, pairs: 2, patches: [9, 8, 4, 1], patchDots: 6 },
};

/** Returns the AssemblyScript source of one set of tiles. */
export function tilesSource({ rows, pairs, patches, patchDots }) {
  const widths = Object.keys(rows)
    .map(Number)
    .sort((a, b) => b - a);
  return [
    `import { ACCUMULATE, BIAS, RELU, TOUCH, finish, multiplyAdd, sum4, touch } from './simd';`,
    `/** Columns and rows of the widest tile. */\nexport const PANEL: i32 = ${widths[0]};\nexport const ROWS: i32 = ${rows[widths[0]]};`,
    panelWidth(widths),
    ...widths.flatMap((width) => list(rows[width], (r) => productTile(r + 1, width / 4))),
    ...widths.map((width) => productRows(width, rows[width])),
    productRowsBy(widths),
    panelsOfRows(widths[0], rows[widths[0]]),
    `let dotSums: usize = 0;\n/** Gives the dot products DOT_SUM_BYTES to put sums into. */\nexport function keepDotSumsAt(at: usize): void { dotSums = at; }`,
    ...[1, 2, 3].flatMap((r) => [1, 3].map((columns) => dotTile(r, columns, pairs))),
    ...patches.map(patchTile),
    patchLoop(patches),
    ...[patchDots, 1].map((count) => patchDotTile(count, pairs)),
    patchDotLoop(patchDots),
  ].join('\n');
}

const list = (count, item) => Array.from({ length: count }, (_, index) => item(index));
const joined = (count, item, separator = ' ') => list(count, item).join(separator);
const lines = (count, item) => joined(count, item, '\n');

/** Picks the width of the panel that holds the next column, given how many are left: the one that leaves the least empty. */
function panelWidth(widths) {
  const [widest] = widths;
  // What remains of 13 to 16 columns is done in two panels of 8 rather than in 12 and 4, where there are no panels of 16.
  const twice8 = widest < 16 ? 'left > 12 && left <= 16 ? 8 : ' : '';
  const smaller = widths.slice(1).map((width, i) => `left > ${width} ? ${widths[i]} : `);
  return `
export function panelWidth(left: i32): i32 {
  return ${twice8}${smaller.join('')}${widths.at(-1)};
}`;
}

/**
 * Computes C[R, 4V] = A * B, with A read value by value and B vector by vector.
 *
 * a + row * aRow + step * aStep is a value of A, b + step * bStep a row of B. The steps come in `runs` of `length`; after each run
 * a and b move on by aSkip and bSkip. `count` tiles are made one after the other, aNext, bNext and cNext bytes apart.
 */
function productTile(rows, vectors) {
  const sums = (body) => lines(rows, (r) => joined(vectors, (v) => body(`c${r}${v}`, v, r)));
  return `
function tile${rows}x${vectors * 4}(
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

/** Does the same for any number of rows, in tiles of one width. */
function productRows(width, most) {
  const steps = 'b, bStep, runs, length, aSkip, bSkip';
  const tile = (rows) =>
    `tile${rows}x${width}(a, aRow, aStep, ${steps}, c, cRow, bias, flags, 1, 0, 0, 0); a += ${rows} * aRow; c += ${rows} * cRow;`;
  return `
function rowsBy${width}(
  count: i32, a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, runs: i32, length: i32, aSkip: usize, bSkip: usize,
  c: usize, cRow: usize, bias: usize, flags: i32,
): void {
  let whole = count / ${most}, rest = count - whole * ${most};
  ${most < 6 ? '' : `if (whole && rest && rest < ${most / 2 + 1}) { whole--; rest += ${most}; }`}
  tile${most}x${width}(a, aRow, aStep, ${steps}, c, cRow, bias, flags, whole, ${most} * aRow, 0, ${most} * cRow);
  a += whole * ${most} * aRow; c += whole * ${most} * cRow;
  switch (rest) {
${lines(most - 1, (r) => `    case ${r + 1}: ${tile(r + 1)} break;`)}
${most < 6 ? '' : lines(most / 2, (r) => `    case ${most + r + 1}: ${tile((most + r + 2) >> 1)} ${tile((most + r + 1) >> 1)} break;`)}
  }
}`;
}

/** Does the same by the width of the panel. */
function productRowsBy(widths) {
  const call = 'count, a, aRow, aStep, b, bStep, runs, length, aSkip, bSkip, c, cRow, bias, flags';
  return `
export function rowsBy(
  width: i32, count: i32, a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, runs: i32, length: i32, aSkip: usize, bSkip: usize,
  c: usize, cRow: usize, bias: usize, flags: i32,
): void {
  switch (width) {
${widths.map((width) => `    case ${width}: rowsBy${width}(${call}); break;`).join('\n')}
  }
}`;
}

/** Makes up to ROWS rows of C, `count` panels side by side: bNext and cNext bytes apart. */
function panelsOfRows(panel, most) {
  const call = 'a, aRow, aStep, b, bStep, 1, length, 0, 0, c, cRow, 0, flags, count, 0, bNext, cNext';
  return `
export function panelsOfRows(
  rows: i32, count: i32, a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, bNext: usize, length: i32,
  c: usize, cRow: usize, cNext: usize, flags: i32,
): void {
  switch (rows) {
${lines(most, (r) => `    case ${r + 1}: tile${r + 1}x${panel}(${call}); break;`)}
  }
}`;
}

/**
 * Computes C[R, S] = A * transpose(B), both read vector by vector along the steps: vectors of partial sums, added up at the end.
 *
 * a + row * aRow and b + column * bRow are rows of values that follow each other. Runs and skips as above. A bias is one value a
 * column. Pairs of vectors are taken in a pass of their own: sums that also took single vectors could not be joined.
 */
function dotTile(rows, columns, pairs) {
  const sums = (body) => lines(rows, (r) => joined(columns, (s) => body(`c${r}${s}`, r * columns + s)));
  const advance = (a, b) => `${joined(rows, (r) => `p${r} += ${a};`)} ${joined(columns, (s) => `w${s} += ${b};`)}`;
  const start = `
    let ${joined(rows, (r) => (r ? `p${r} = p${r - 1} + aRow` : 'p0 = a'), ', ')};
    let ${joined(columns, (s) => (s ? `w${s} = w${s - 1} + bRow` : 'w0 = b'), ', ')};`;
  const products = (load, at = 0, letter = 'c') => `
        const ${joined(columns, (s) => `b${letter}${s} = ${load}(w${s}, ${at})`, ', ')};
${lines(rows, (r) => `        const a${letter}${r} = ${load}(p${r}, ${at}); ${joined(columns, (s) => `${letter}${r}${s} = multiplyAdd(a${letter}${r}, b${letter}${s}, ${letter}${r}${s});`)}`)}`;
  const pairPass = `{
      ${sums((c) => `let ${c} = f32x4.splat(0), d${c.slice(1)} = ${c};`)}${start}
      for (let run = runs; run > 0; run--) {
        for (let pair = pairCount; pair > 0; pair--) {${products('v128.load')}${products('v128.load', 16, 'd')}
          ${advance(32, 32)}
        }
        ${advance('aSkip + rest * 4', 'bSkip + rest * 4')}
      }
      ${sums((c, i) => `v128.store(at, ${c}, ${i * 32}); v128.store(at, d${c.slice(1)}, ${i * 32 + 16});`)}
    }
    ${sums((c, i) => `let ${c} = f32x4.add(v128.load(at, ${i * 32}), v128.load(at, ${i * 32 + 16}));`)}`;
  return `
export function dot${rows}x${columns}(
  a: usize, aRow: usize, b: usize, bRow: usize, runs: i32, length: i32, aSkip: usize, bSkip: usize,
  c: usize, cRow: usize, bias: usize, flags: i32, count: i32, aNext: usize, bNext: usize, cNext: usize,
): void {
  const at = dotSums, pairCount = ${pairs === 2 ? 'length >> 3' : '0'}, rest = length - pairCount * 8, quads = rest >> 2, singles = rest & 3;
  for (; count > 0; count--) {
    ${pairs === 2 ? pairPass : sums((c) => `let ${c} = f32x4.splat(0);`)}
    if (rest) {${start}
      for (let run = runs; run > 0; run--) {
        ${pairs === 2 ? advance('pairCount * 32', 'pairCount * 32') : ''}
        for (let quad = quads; quad > 0; quad--) {${products('v128.load')}
          ${advance(16, 16)}
        }
        for (let single = singles; single > 0; single--) {${products('v128.load32_zero')}
          ${advance(4, 4)}
        }
        ${advance('aSkip', 'bSkip')}
      }
    }
${lines(rows, (r) => `    finish(c + ${r} * cRow, sum4(${joined(4, (s) => (s < columns ? `c${r}${s}` : 'f32x4.splat(0)'), ', ')}), bias, flags, ${columns});`)}
    a += aNext; b += bNext; c += cNext;
  }
}`;
}

/** Adds value * (some vectors at `from` + its offset) to sums, for values that are `step` bytes apart. */
function patchTile(vectors) {
  const sums = (body) => joined(vectors, (v) => body(`s${v}`, v * 16));
  return `
function addPatches${vectors}(values: usize, offsets: usize, step: i32, count: i32, from: usize, sums: usize): void {
  ${sums((s, at) => `let ${s} = v128.load(sums, ${at});`)}
  for (; count > 0; count--) {
    const v = v128.load32_splat(values), patch = from + load<i32>(offsets);
    ${sums((s, at) => `${s} = multiplyAdd(v, v128.load(patch, ${at}), ${s});`)}
    values += step; offsets += step;
  }
  ${sums((s, at) => `v128.store(sums, ${s}, ${at});`)}
}`;
}

/** Does the same for any number of vectors. */
function patchLoop(sizes) {
  const [most, next] = sizes;
  const step = (size, condition) =>
    `  for (; ${condition}; vectors -= ${size}, from += ${size * 16}, sums += ${size * 16}) addPatches${size}(values, offsets, step, count, from, sums);`;
  // Rather 5 + 4 than 5 + 1 + 1 + 1 + 1: the largest size only where the next one fits after it, or nothing is left.
  return `
export function addPatches(values: usize, offsets: usize, step: i32, count: i32, from: usize, vectors: i32, sums: usize): void {
${step(most, `vectors == ${most} || vectors >= ${most + next}`)}
${sizes
  .slice(1)
  .map((size) => step(size, `vectors >= ${size}`))
  .join('\n')}
}`;
}

/**
 * Makes dot products of a filter [taps][vectors] with the patches at `from` + offset; offsets and results are `step` bytes apart. Pairs of
 * vectors are taken in a pass of their own, as above.
 */
function patchDotTile(count, pairs) {
  const each = (body) => joined(count, (i) => body(i));
  const start = each((i) => `let p${i} = from + load<i32>(offsets + ${i} * step);`);
  const products = (letter, at) =>
    `const w${letter} = v128.load(w, ${at}); ${each((i) => `${letter}${i} = multiplyAdd(w${letter}, v128.load(p${i}, ${at}), ${letter}${i});`)}`;
  const pairPass = `{
    ${each((i) => `let s${i} = f32x4.splat(0), t${i} = s${i};`)}
    ${start}
    let w = filter;
    for (let tap = taps; tap > 0; tap--) {
      for (let pair = vectors >> 1; pair > 0; pair--) {
        ${products('s', 0)}
        ${products('t', 16)}
        w += 32; ${each((i) => `p${i} += 32;`)}
      }
      w += single * 16; ${each((i) => `p${i} += skip + single * 16;`)}
    }
    ${each((i) => `v128.store(at, s${i}, ${i * 32}); v128.store(at, t${i}, ${i * 32 + 16});`)}
  }
  ${each((i) => `let s${i} = f32x4.add(v128.load(at, ${i * 32}), v128.load(at, ${i * 32 + 16}));`)}`;
  return `
function dotPatches${count}(offsets: usize, step: i32, from: usize, patchRow: i32, taps: i32, vectors: i32, filter: usize, to: usize): void {
  const at = dotSums, skip = patchRow - vectors * 16, single = ${pairs === 2 ? 'vectors & 1' : 'vectors'};
  ${pairs === 2 ? pairPass : each((i) => `let s${i} = f32x4.splat(0);`)}
  if (single) {
    ${start}
    let w = filter;
    for (let tap = taps; tap > 0; tap--) {
      ${pairs === 2 ? `w += (vectors - single) * 16; ${each((i) => `p${i} += (vectors - single) * 16;`)}` : ''}
      for (let v = single; v > 0; v--) {
        ${products('s', 0)}
        w += 16; ${each((i) => `p${i} += 16;`)}
      }
      ${each((i) => `p${i} += skip;`)}
    }
  }
  ${joined(Math.ceil(count / 4), (g) => `const t${g} = sum4(${joined(4, (i) => (4 * g + i < count ? `s${4 * g + i}` : 'f32x4.splat(0)'), ', ')});`)}
  ${each((i) => `v128.store32_lane(to, t${i >> 2}, ${i & 3}); to += step;`)}
}`;
}

/** Does the same for any number of patches. */
function patchDotLoop(most) {
  const call = 'offsets, step, from, patchRow, taps, vectors, filter, to';
  return `
export function dotPatches(offsets: usize, step: i32, count: i32, from: usize, patchRow: i32, taps: i32, vectors: i32, filter: usize, to: usize): void {
  for (; count >= ${most}; count -= ${most}, offsets += ${most} * step, to += ${most} * step) dotPatches${most}(${call});
  for (; count > 0; count--, offsets += step, to += step) dotPatches1(${call});
}`;
}
