import { readInto } from '@ae/layers/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { NamedVariables } from '../network/named-variables';

/**
 * A copy of the weights that training would best end with now, for the case that it diverges. It lies outside of the
 * backend, whose memory may be short: wasm has 4 GiB.
 */
export class BestWeights {
  readonly #copies: Readonly<Record<string, Float32Array>>;
  #error = Number.POSITIVE_INFINITY;
  #source = 'its first weights';
  readonly #weights: NamedVariables;

  constructor(weights: NamedVariables) {
    this.#weights = weights;
    const entries = Object.entries(weights).map(([name, { size }]) => [name, new Float32Array(size)] as const);
    this.#copies = Object.fromEntries(entries);
  }

  /** Takes the weights as they are if `error` is lower than that of those it has; `source` says what they are. */
  async observe(error: number, source: string): Promise<void> {
    if (error > this.#error) return;
    for (const [name, weight] of Object.entries(this.#weights)) await readInto(this.#copies[name], weight);
    this.#error = error;
    this.#source = source;
  }

  /** What `restore` puts back, in words. */
  get description(): string {
    return this.#source;
  }

  /** Puts the weights back. */
  restore(): void {
    for (const [name, weight] of Object.entries(this.#weights)) {
      tf.tidy(() => weight.assign(tf.tensor(this.#copies[name].slice(), weight.shape, weight.dtype)));
    }
  }
}
