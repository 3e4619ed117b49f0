/** Weights as 16-bit floats, which take half the space and download time. */
import type * as tf from '@tensorflow/tfjs-core';

/** The largest 16-bit float. */
const mostHalf = 65_504;
/** Up to this size, all whole numbers are 16-bit floats. */
const mostWhole = 2048;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Rounds a number to the nearest 16-bit float (IEEE 754 binary16), ties to even. */
export function halfOf(value: number): number {
  float[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  const magnitude = bits[0] & 0x7fffffff;
  // Below 2^-14, numbers are 2^-24 apart.
  if (magnitude < 0x38800000) return sign | roundEven(Math.abs(float[0]) * 2 ** 24);
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | Math.min(0x7c00, (rounded >>> 13) - 0x1c000);
}

function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** Converts float32 weights to 16-bit floats, except those with numbers too large for that, and positions that would change. */
export function halveWeights(
  specs: readonly tf.io.WeightsManifestEntry[],
  bytes: Uint8Array,
): { specs: tf.io.WeightsManifestEntry[]; bytes: Uint8Array } {
  const parts: Uint8Array[] = [];
  let at = 0;
  const halved = specs.map((spec) => {
    const count = spec.shape.reduce((product, size) => product * size, 1);
    const part = bytes.slice(at, at + count * (spec.dtype === 'bool' ? 1 : 4));
    at += part.length;
    const values = spec.dtype === 'float32' ? new Float32Array(part.buffer) : undefined;
    if (!values?.every((value) => Math.abs(value) <= mostHalf) || isListOfPositions(values)) {
      parts.push(part);
      return spec;
    }
    parts.push(new Uint8Array(Uint16Array.from(values, halfOf).buffer));
    return { ...spec, quantization: { dtype: 'float16' as const } };
  });
  return { specs: halved, bytes: joined(parts) };
}

/** Tells whether weights are whole numbers that have to stay as they are, such as positions in a block, and rounding would change some. */
function isListOfPositions(values: Float32Array): boolean {
  return values.every(Number.isInteger) && values.some((value) => Math.abs(value) > mostWhole);
}

/** Concatenates bytes. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
