import { sgdStep } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import { assignAll, copyOf, type NamedVariables } from '../network/named-variables';

/**
 * An exponential moving average of weights over the steps of training, which often scores better than the last weights (Polyak and
 * Juditsky, 1992). The decay is smaller at first, `min(decay, (1 + n) / (10 + n))` after n steps, so that the initial weights are soon
 * forgotten. The moving statistics of batch normalization are averaged like weights, as torch.optim.swa_utils.AveragedModel does with
 * `use_buffers=True`.
 */
export class WeightAverage {
  /** The averages by the names of the weights: variables to save, or to assign saved values to. */
  readonly averages: NamedVariables;
  readonly #decay: number;
  readonly #weights: NamedVariables;

  constructor(decay: number, weights: NamedVariables) {
    this.#decay = decay;
    this.#weights = weights;
    this.averages = copyOf(weights);
  }

  /** Includes the weights after step `n`, counted from 1. */
  update(n: number): void {
    const weight = 1 - Math.min(this.#decay, (1 + n) / (10 + n));
    for (const [name, average] of Object.entries(this.averages)) {
      // average + weight * (w - average), written as a step of gradient descent, which has a kernel that works in place.
      sgdStep(average, this.#weights[name], null, { learningRate: -weight, weightDecay: -1 });
    }
  }

  /** Runs `work` while the network has the averages as its weights. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const latest = copyOf(this.#weights);
    assignAll(this.#weights, this.averages);
    try {
      return await work();
    } finally {
      assignAll(this.#weights, latest);
      tf.dispose(latest as tf.TensorContainer);
    }
  }

  /** Gives the network the averages permanently. */
  apply(): void {
    assignAll(this.#weights, this.averages);
  }

  dispose(): void {
    tf.dispose(this.averages as tf.TensorContainer);
  }
}
