import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** How tf.layers stores a weight's constraint, such as maxNorm or nonNeg. */
interface Constrained {
  readonly constraint: { apply(weight: tf.Tensor): tf.Tensor } | null;
}

/** Projects weights back to the range that their layer's kernelConstraint, biasConstraint and so on define. */
export class WeightConstraints {
  readonly #pairs: readonly { readonly variable: tf.Variable; readonly apply: (x: tf.Tensor) => tf.Tensor }[];

  constructor(model: LayersModel) {
    this.#pairs = model.trainableWeights.flatMap((weight) => {
      const { constraint } = weight as unknown as Constrained;
      return constraint ? [{ variable: weight.read() as tf.Variable, apply: (x) => constraint.apply(x) }] : [];
    });
  }

  /** Projects all weights that have a constraint, after each update, as Keras does. */
  apply(): void {
    for (const { variable, apply } of this.#pairs) tf.tidy(() => variable.assign(apply(variable)));
  }
}
