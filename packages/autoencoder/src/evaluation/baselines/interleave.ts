import type { Sample } from '../../data/samples';

/** Converts planar, blue first, to interleaved, red first; a single channel is left alone. */
export function interleave({ data, channels }: Sample): Uint8ClampedArray {
  const area = data.length / channels;
  // Rounds floats and clamps them to bytes.
  const out = new Uint8ClampedArray(data.length);
  for (let c = 0; c < channels; c++) {
    const plane = (channels - 1 - c) * area;
    for (let i = 0; i < area; i++) out[i * channels + c] = data[plane + i];
  }
  return out;
}
