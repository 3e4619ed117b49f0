/** Random numbers that are the same everywhere for the same seed: integers only, so that platforms and engines make no difference. */
import { refuse } from '../errors/checks';

/** Marsaglia and Brent's xoshiro128**, seeded by splitmix32. */
export class Random {
  readonly #s: Uint32Array;

  /** @param seeds Whole numbers from 0 to 2^53 - 1; all of them matter, and so does their order. */
  constructor(...seeds: number[]) {
    let mixed = 0x9e3779b9;
    for (const seed of seeds) {
      mixed = mix(mixed ^ mix(seed >>> 0)) + 0x9e3779b9;
      mixed = mix(mixed ^ mix(Math.floor(seed / 0x1_0000_0000) + 1));
    }
    this.#s = new Uint32Array(4);
    for (let i = 0; i < 4; i++) {
      mixed = (mixed + 0x9e3779b9) >>> 0;
      this.#s[i] = mix(mixed);
    }
  }

  /** Returns a whole number from 0 to 2^32 - 1. */
  uint32(): number {
    const s = this.#s;
    const result = Math.imul(rotate(Math.imul(s[1], 5), 7), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 11);
    return result;
  }

  /** Returns a whole number from 0 to `limit` - 1, each with the same probability. `limit` is at most 2^32. */
  below(limit: number): number {
    const unfair = 0x1_0000_0000 % limit;
    for (;;) {
      const value = this.uint32();
      if (value >= unfair) return value % limit;
    }
  }
}

/** Shuffles the items in place (Fisher-Yates). */
export function shuffleInPlace<T>(items: { length: number; [i: number]: T }, random: Random): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const item = items[i];
    items[i] = items[j];
    items[j] = item;
  }
}

/** Checks a seed that a caller gave. */
export function assertSeed(seed: unknown, name: string): asserts seed is number {
  if (Number.isSafeInteger(seed) && (seed as number) >= 0) return;
  refuse(name, 'a whole number from 0 to 2^53 - 1', seed, 'choose one');
}

function mix(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
