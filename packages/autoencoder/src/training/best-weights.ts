import { readInto } from '@ae/layers/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { NamedVariables } from '../network/named-variables';

/**
 * A copy of the weights that training should best end with at the moment, in case it diverges. It is stored outside the backend, whose
 * memory may be scarce: wasm has 4 GiB.
 */
export class BestWeights {
  readonly #copies: Readonly<Record<string, Float32Array>>;
  #error = Number.POSITIVE_INFINITY;
  #source = 'its initial weights';
  readonly #weights: NamedVariables;

  constructor(weights: NamedVariables) {
    this.#weights = weights;
    const entries = Object.entries(weights).map(([name, { size }]) => [name, new Float32Array(size)] as const);
    this.#copies = Object.fromEntries(entries);
  }

  /** Copies the current weights if `error` is lower than that of the previous copy; `source` describes them. */
  async observe(error: number, source: string): Promise<void> {
    if (error > this.#error) return;
    for (const [name, weight] of Object.entries(this.#weights)) await readInto(this.#copies[name], weight);
    this.#error = error;
    this.#source = source;
  }

  /** Describes what `restore` restores. */
  get description(): string {
    return this.#source;
  }

  /** Restores the weights. */
  restore(): void {
    for (const [name, weight] of Object.entries(this.#weights)) {
      tf.tidy(() => weight.assign(tf.tensor(this.#copies[name].slice(), weight.shape, weight.dtype)));
    }
  }
}
