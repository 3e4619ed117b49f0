/** Damages JPEG files, the same way for the same seed. */
import { randomOf } from '@ae/testing/random';

const KINDS = [
  (bytes, random) => bytes.subarray(0, random(bytes.length)),
  (bytes, random) => change(bytes, random, 1, (value) => value ^ (1 << random(8))),
  (bytes, random) => change(bytes, random, 1 + random(8), () => random(256)),
  // Markers where none belong.
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    const at = random(copy.length - 1);
    copy[at] = 0xff;
    copy[at + 1] = 0xc0 + random(64);
    return copy;
  },
  // Headers: sizes, sampling factors, table numbers.
  (bytes, random) =>
    change(
      bytes,
      () => 2 + random(Math.min(620, bytes.length - 2)),
      1 + random(3),
      () => random(256),
    ),
  (bytes, random) => {
    const at = random(bytes.length);
    const end = at + random(bytes.length - at);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
  },
  (bytes, random) => {
    const at = random(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(random(200), random(256)), bytes.subarray(at)]);
  },
];

function change(bytes, random, count, value) {
  const copy = Buffer.from(bytes);
  for (let i = 0; i < count; i++) {
    const at = random(copy.length) % copy.length;
    copy[at] = value(copy[at]);
  }
  return copy;
}

/** @param {Uint8Array} bytes @param {number} seed @returns {Buffer} */
export function mutateJpeg(bytes, seed) {
  const random = randomOf(seed);
  return KINDS[random(KINDS.length)](bytes, random);
}
