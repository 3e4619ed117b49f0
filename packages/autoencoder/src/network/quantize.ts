/** Codes with fewer bits: an honest comparison of sizes must ask how many of a code's 32 bits per number are needed. */
import * as tf from '@tensorflow/tfjs-core';
import { checkKeys, checkNumber, invalidOption } from '../errors/errors';

/** Returns the size in bytes of a code of `numbers` numbers with `bits` bits each (32: float32; fewer: see {@link quantizeCodes}). */
export function codeBytes(numbers: number, bits: number): number {
  checkNumber('numbers', numbers, { min: 0, integer: true });
  checkNumber('bits', bits, { min: 1, max: 32, integer: true });
  return bits === 32 ? 4 * numbers : Math.ceil((numbers * bits) / 8) + 8;
}

/** Returns how many numbers of `bits` bits fit in this many bytes. */
export function numbersWithin(bytes: number, bits: number): number {
  return bits === 32 ? Math.floor(bytes / 4) : Math.max(0, Math.floor((8 * (bytes - 8)) / bits));
}

/** Rounds codes `[N, codeSize]` like {@link quantizeCodes}; returns a new tensor unless `bits` is 32. */
export async function roundCodes(
  codes: tf.Tensor2D,
  bits: number,
  { indexEvery }: QuantizeOptions = {},
): Promise<tf.Tensor2D> {
  if (bits === 32) return codes;
  if (codes.size === 0) return tf.clone(codes);
  const values = (await codes.data()) as Float32Array;
  return tf.tensor(quantizeRows(values, codes.shape[1], bits, indexEvery), codes.shape);
}

/** What {@link quantizeCodes} should know about codes. */
export interface QuantizeOptions {
  /** The first number of each stretch of this many stays as it is: the index of a zone, one of at most 256, takes 8 bits. Default: none. */
  readonly indexEvery?: number;
}

/** How much finer levels are near 0. Codes have a few large numbers and many small ones; 63 suits those of photographs at 2 to 8 bits. */
const mu = 63;

/**
 * Rounds each code of `[N, codeSize]` to 2^bits levels from its smallest to its largest number, and returns the numbers that a decoder
 * would see. Levels are closer together near 0, as in telephony (mu-law, with mu = 63): for photographs at 8 bits, evenly spaced levels
 * lose 2 dB, these only 0.1 dB. The two ends are stored as float32, 8 bytes per code.
 */
export function quantizeCodes(
  codes: Float32Array,
  codeSize: number,
  bits: number,
  options: QuantizeOptions = {},
): Float32Array {
  if (!(codes instanceof Float32Array)) throw invalidOption('quantizeCodes', 'a Float32Array', codes);
  checkNumber('codeSize', codeSize, { min: 1, integer: true });
  checkNumber('bits', bits, { min: 1, max: 32, integer: true });
  checkKeys('quantizeCodes', options, ['indexEvery']);
  const { indexEvery = 0 } = options;
  checkNumber('indexEvery', indexEvery, { min: 0, integer: true });
  return quantizeRows(codes, codeSize, bits, indexEvery);
}

/** Does that for codes of any size, also of no numbers, as those of PCA of equal images. */
function quantizeRows(codes: Float32Array, codeSize: number, bits: number, indexEvery = 0): Float32Array {
  const out = new Float32Array(codes.length);
  for (let start = 0; start < codes.length; start += codeSize)
    quantize(codes.subarray(start, start + codeSize), 2 ** bits - 1, out.subarray(start));
  if (indexEvery > 0) for (let i = 0; i < codes.length; i += indexEvery) out[i] = codes[i];
  return out;
}

function quantize(code: Float32Array, steps: number, to: Float32Array): void {
  const [min, max] = [code.reduce((a, b) => Math.min(a, b)), code.reduce((a, b) => Math.max(a, b))];
  const scale = Math.max(-min, max) / mu || 1;
  const first = compress(min / scale);
  const step = (compress(max / scale) - first) / steps || 1;
  for (const [i, value] of code.entries()) {
    const level = Math.round((compress(value / scale) - first) / step);
    to[i] = scale * expand(first + level * step);
  }
}

const compress = (value: number) => Math.sign(value) * Math.log1p(Math.abs(value));
const expand = (value: number) => Math.sign(value) * Math.expm1(Math.abs(value));
