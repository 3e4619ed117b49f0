/**
 * Codes with fewer bits: how much of a code's 32 bits per number it needs is a question an honest size comparison has to ask.
 */

/** Returns the bytes of a code of `numbers` numbers of `bits` bits (32: float32; fewer: see {@link quantizeCodes}). */
export function codeBytes(numbers: number, bits: number): number {
  return bits === 32 ? 4 * numbers : Math.ceil((numbers * bits) / 8) + 8;
}

/**
 * Rounds each code of `[N, codeSize]` to 2^bits levels, evenly spaced from its smallest to its largest number, and returns
 * the numbers that a decoder would see. The two ends are kept as float32, 8 bytes per code.
 */
export function quantizeCodes(codes: Float32Array, codeSize: number, bits: number): Float32Array {
  const out = new Float32Array(codes.length);
  const steps = 2 ** bits - 1;
  for (let start = 0; start < codes.length; start += codeSize) {
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (let i = start; i < start + codeSize; i++) {
      if (codes[i] < min) min = codes[i];
      if (codes[i] > max) max = codes[i];
    }
    const step = (max - min) / steps || 1;
    for (let i = start; i < start + codeSize; i++) out[i] = min + Math.round((codes[i] - min) / step) * step;
  }
  return out;
}
