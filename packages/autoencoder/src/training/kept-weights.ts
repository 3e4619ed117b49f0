import { changingWeightsOf, type NamedVariables } from '../network/named-variables';
import type { Network } from '../network/network';
import { BestWeights } from './best-weights';
import { EarlyStopping, type EarlyStoppingState } from './early-stopping';
import type { Recipe } from './recipes';
import { WeightAverage } from './weight-average';

/** The weights that training keeps besides those that it changes: their averages, and the best of all epochs. */
export class KeptWeights {
  readonly #average?: WeightAverage;
  readonly #stopping?: EarlyStopping;
  /** Used if early stopping keeps none. */
  readonly #best?: BestWeights;

  constructor(network: Network, weights: NamedVariables, { averageDecay, earlyStopping }: Recipe) {
    if (averageDecay !== null) this.#average = new WeightAverage(averageDecay, changingWeightsOf(network.model));
    if (earlyStopping !== null) this.#stopping = new EarlyStopping(earlyStopping, weights);
    else this.#best = new BestWeights(weights);
  }

  /** Whether early stopping has ended training. */
  get isOver(): boolean {
    return this.#stopping?.isOver === true;
  }

  /** Continues after early stopping had ended training, to train more epochs. */
  resetPatience(): void {
    if (this.isOver) this.#stopping?.resetPatience();
  }

  /** Includes the weights after step `n`, counted from 1, in the averages. */
  update(n: number): void {
    this.#average?.update(n);
  }

  /** Runs `work` while the network has the weights that it would have if training ended now. */
  withFinal<T>(work: () => Promise<T>): Promise<T> {
    return this.#average ? this.#average.during(work) : work();
  }

  /**
   * Keeps a copy of the network's weights, which `source` describes, if `error` is the lowest so far. Early stopping does so when an epoch
   * ends.
   */
  async keepIfBest(error: number, source: string): Promise<void> {
    await this.#best?.observe(error, source);
  }

  /** Receives the error of an epoch when it ends. */
  async endEpoch(error: number): Promise<void> {
    if (this.#stopping) await this.withFinal(async () => this.#stopping?.observe(error));
  }

  /** Describes what `restoreBest` restores after `epochs` epochs. */
  fallbackAfter(epochs: number): string {
    if (!this.#stopping) return this.#best?.description ?? '';
    const { hasBest, state } = this.#stopping;
    return hasBest ? describeEpoch(epochs - state.badEpochs) : 'its initial weights';
  }

  /** Restores the best weights of all epochs, or the initial ones, after training diverged. */
  restoreBest(): void {
    if (this.#stopping) this.#stopping.restoreBest();
    else this.#best?.restore();
  }

  /** Gives the network its final weights: the averages, or the best ones if training watched for them. */
  finish(): void {
    if (this.#stopping?.hasBest) this.#stopping.restoreBest();
    else this.#average?.apply();
  }

  /** What a checkpoint contains besides `averages` and `bestWeights`. */
  get state(): EarlyStoppingState | undefined {
    return this.#stopping?.state;
  }

  restore(state: EarlyStoppingState | undefined): void {
    if (this.#stopping && state) this.#stopping.state = state;
  }

  get averages(): NamedVariables {
    return this.#average?.averages ?? {};
  }

  get bestWeights(): NamedVariables {
    return this.#stopping?.bestWeights ?? {};
  }

  dispose(): void {
    this.#average?.dispose();
    this.#stopping?.dispose();
  }
}

/** Describes the weights of an epoch, if there are no better ones. */
export function describeEpoch(epoch: number): string {
  return `the best weights, those after epoch ${epoch},`;
}
