import type { layers } from '@tensorflow/tfjs-layers';
import { GraphError, InvalidOptionError } from '../errors';
import type { SequentialStep } from './connect-layer';

/** The names that tf.layers accepts, which it checks only when the layer is connected. */
const layerName = /^[A-Za-z0-9][-A-Za-z0-9._/]*$/;

/** The names of a chain's layers: those given by callers, and for the others their kind and number. */
export class LayerNames {
  readonly #steps: readonly SequentialStep[];
  readonly #counts = new Map<string, number>();

  constructor(steps: readonly SequentialStep[]) {
    this.#steps = steps;
  }

  /** Counts a layer that was added under a name of its kind. */
  count(kind: string): void {
    this.#counts.set(kind, this.#countOf(kind) + 1);
  }

  #countOf(kind: string): number {
    return this.#counts.get(kind) ?? 0;
  }

  /** Returns a function that restores the current counts. */
  save(): () => void {
    const counts = [...this.#counts];
    return () => {
      this.#counts.clear();
      for (const [kind, count] of counts) this.#counts.set(kind, count);
    };
  }

  /** Returns the next name of its kind, skipping those given by callers. */
  next(kind: string): string {
    const taken = new Set(this.#steps.map((step) => step.layer.name));
    let number = this.#countOf(kind) + 1;
    while (taken.has(`${kind}_${number}`)) number++;
    return `${kind}_${number}`;
  }

  /** @throws InvalidOptionError for a name that tf.layers does not accept, GraphError for a name, or a layer, that already exists */
  check(layer: layers.Layer): void {
    if (!layerName.test(layer.name)) {
      throw new InvalidOptionError({
        where: 'Sequential',
        expected: "a layer's name of letters, digits and - . _ / that starts with a letter or digit",
        received: `"${layer.name}"`,
      });
    }
    for (const step of this.#steps) {
      if (step.layer !== layer && step.layer.name !== layer.name) continue;
      const state = step.layer === layer ? 'it is already in the model' : 'the model already has a layer of this name';
      throw new GraphError({
        where: `layer "${layer.name}"`,
        state,
        todo: step.layer === layer ? 'create another one' : 'choose another name',
      });
    }
  }
}
