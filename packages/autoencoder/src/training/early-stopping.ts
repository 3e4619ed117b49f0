import * as tf from '@tensorflow/tfjs-core';
import { checkKeys, checkNumber } from '../errors';
import { assignAll, copyOf, type NamedVariables } from '../network/named-variables';

/** When to end before the last epoch; the weights of the best epoch are then put back. */
export interface EarlyStoppingOptions {
  /** Epochs in a row without a lower error after which training ends. Default 10. */
  readonly patience?: number;
  /** By how much of itself the lowest error must fall to count, in [0, 1). Default 0. */
  readonly threshold?: number;
}

/** Throws INVALID_OPTION for unknown options and values out of range. */
export function checkEarlyStopping(options: EarlyStoppingOptions): void {
  checkKeys('earlyStopping', options, ['patience', 'threshold']);
  const { patience = 10, threshold = 0 } = options;
  checkNumber('earlyStopping.patience', patience, { min: 1, integer: true });
  checkNumber('earlyStopping.threshold', threshold, { min: 0, below: 1 });
}

/** What it remembers beside the best weights: plain data for a checkpoint. */
export interface EarlyStoppingState {
  /** The lowest error so far; null before the first epoch. */
  readonly best: number | null;
  readonly badEpochs: number;
}

/** Watches the error by epoch and keeps a copy of the weights that had the lowest. */
export class EarlyStopping {
  /** Copies of the weights at the end of the best epoch; of the first weights before. */
  readonly bestWeights: NamedVariables;
  /** Is replaced each epoch; to set only when a checkpoint is restored. */
  state: EarlyStoppingState = { best: null, badEpochs: 0 };
  private readonly patience: number;
  private readonly threshold: number;

  constructor(
    { patience = 10, threshold = 0 }: EarlyStoppingOptions,
    private readonly weights: NamedVariables,
  ) {
    this.patience = patience;
    this.threshold = threshold;
    this.bestWeights = copyOf(weights);
  }

  /** Is told the error of an epoch when it ends, lower is better. */
  observe(error: number): void {
    const { best, badEpochs } = this.state;
    if (best !== null && error >= best * (1 - this.threshold)) {
      this.state = { best, badEpochs: badEpochs + 1 };
      return;
    }
    this.state = { best: error, badEpochs: 0 };
    assignAll(this.bestWeights, this.weights);
  }

  /** Starts to count epochs anew: the run is to go on all the same. */
  resetPatience(): void {
    this.state = { ...this.state, badEpochs: 0 };
  }

  get isOver(): boolean {
    return this.state.badEpochs >= this.patience;
  }

  /** Whether an epoch has ended, so that there are best weights to put back. */
  get hasBest(): boolean {
    return this.state.best !== null;
  }

  /** Puts the best weights back. */
  restoreBest(): void {
    assignAll(this.weights, this.bestWeights);
  }

  dispose(): void {
    tf.dispose(this.bestWeights as tf.TensorContainer);
  }
}
