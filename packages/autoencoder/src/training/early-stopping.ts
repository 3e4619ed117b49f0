import * as tf from '@tensorflow/tfjs-core';
import { withDefaults } from '../errors/option-kinds';
import { assignAll, copyOf, type NamedVariables } from '../network/named-variables';
import { type EarlyStoppingOptions, trainingOptions } from './options';

/** What it remembers besides the best weights: plain data for a checkpoint. */
export interface EarlyStoppingState {
  /** The lowest error so far; null before the first epoch. */
  readonly best: number | null;
  readonly badEpochs: number;
}

/** Watches the error by epoch and keeps a copy of the weights with the lowest one. */
export class EarlyStopping {
  /** Copies of the weights at the end of the best epoch; before that, of the initial weights. */
  readonly bestWeights: NamedVariables;
  /** Replaced after each epoch; set only when a checkpoint is restored. */
  state: EarlyStoppingState = { best: null, badEpochs: 0 };
  readonly #patience: number;
  readonly #threshold: number;
  readonly #weights: NamedVariables;

  constructor(options: EarlyStoppingOptions, weights: NamedVariables) {
    this.#weights = weights;
    const { patience, threshold } = withDefaults(trainingOptions.earlyStopping.options, options);
    this.#patience = patience;
    this.#threshold = threshold;
    this.bestWeights = copyOf(weights);
  }

  /** Receives the error of an epoch when it ends; lower is better. */
  observe(error: number): void {
    const { best, badEpochs } = this.state;
    if (best !== null && error >= best * (1 - this.#threshold)) {
      this.state = { best, badEpochs: badEpochs + 1 };
      return;
    }
    this.state = { best: error, badEpochs: 0 };
    assignAll(this.bestWeights, this.#weights);
  }

  /** Starts counting epochs again: the run is to continue anyway. */
  resetPatience(): void {
    this.state = { ...this.state, badEpochs: 0 };
  }

  get isOver(): boolean {
    return this.state.badEpochs >= this.#patience;
  }

  /** Whether an epoch has ended, so that there are best weights to restore. */
  get hasBest(): boolean {
    return this.state.best !== null;
  }

  /** Restores the best weights. */
  restoreBest(): void {
    assignAll(this.#weights, this.bestWeights);
  }

  dispose(): void {
    tf.dispose(this.bestWeights as tf.TensorContainer);
  }
}
