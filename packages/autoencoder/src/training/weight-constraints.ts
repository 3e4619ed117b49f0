import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** What tf.layers keeps of a weight's constraint, such as maxNorm or nonNeg. */
interface Constrained {
  readonly constraint: { apply(weight: tf.Tensor): tf.Tensor } | null;
}

/** Puts weights back into the range that their layer's kernelConstraint, biasConstraint and the like name. */
export class WeightConstraints {
  readonly #pairs: readonly { readonly variable: tf.Variable; readonly apply: (x: tf.Tensor) => tf.Tensor }[];

  constructor(model: LayersModel) {
    this.#pairs = model.trainableWeights.flatMap((weight) => {
      const { constraint } = weight as unknown as Constrained;
      return constraint ? [{ variable: weight.read() as tf.Variable, apply: (x) => constraint.apply(x) }] : [];
    });
  }

  /** Projects all weights that have a constraint; for after each update, as Keras does. */
  apply(): void {
    for (const { variable, apply } of this.#pairs) tf.tidy(() => variable.assign(apply(variable)));
  }
}
