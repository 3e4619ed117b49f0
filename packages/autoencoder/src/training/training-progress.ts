import type { EpochSummary } from './training-events';
import type { TrainingState } from './training-state';
import type { BatchResult } from './training-step';

/** How far training has come, and the losses of the current epoch. */
export type ProgressState = Omit<
  TrainingState,
  'orderRandom' | 'noiseRandom' | 'layerRandom' | 'optimizerSteps' | 'schedule' | 'earlyStopping' | 'pace'
>;

/** Counts updates, images and losses. */
export class TrainingProgress {
  #state: ProgressState = {
    epoch: 1,
    step: 0,
    images: 0,
    position: 0,
    lossSum: 0,
    passLossSum: 0,
    elapsedMs: 0,
    history: [],
  };

  /** Plain data; changes with each update. */
  get state(): Readonly<ProgressState> {
    return this.#state;
  }

  /** Counts an update with so many images. */
  add(count: number, { loss, divergence, activeNumbers = 0 }: BatchResult, elapsedMs: number): void {
    const state = this.#state;
    state.step++;
    state.images += count;
    state.position += count;
    state.lossSum += loss * count;
    state.passLossSum += loss * count;
    state.elapsedMs = elapsedMs;
    if (divergence === undefined) return;
    state.divergenceSum = (state.divergenceSum ?? 0) + divergence * count;
    state.activeSum = (state.activeSum ?? 0) + activeNumbers * count;
  }

  /** Returns the mean loss of the pass of `images` that the last update completed; undefined if it completed none. */
  takePass(images: number): { pass: number; loss: number } | undefined {
    const { position, passLossSum } = this.#state;
    if (position % images !== 0) return undefined;
    this.#state.passLossSum = 0;
    return { pass: position / images, loss: passLossSum / images };
  }

  /** Adds the summary of the epoch to the history, and starts the next one. */
  endEpoch(summary: EpochSummary): void {
    const state = this.#state;
    state.history.push(summary);
    state.epoch++;
    Object.assign(state, { position: 0, lossSum: 0, passLossSum: 0, elapsedMs: summary.elapsedMs });
    for (const sum of ['divergenceSum', 'activeSum'] as const) if (state[sum] !== undefined) state[sum] = 0;
  }

  /** Mean loss of the epoch's images so far. */
  get epochLoss(): number {
    return this.#state.lossSum / this.#state.position;
  }

  /** For a variational network: divergence and numbers in use, averaged over the epoch's images so far. */
  get epochDivergence(): Pick<EpochSummary, 'divergence' | 'activeNumbers'> {
    const { divergenceSum, activeSum = 0, position } = this.#state;
    if (divergenceSum === undefined) return {};
    return { divergence: divergenceSum / position, activeNumbers: Math.round(activeSum / position) };
  }

  restore(state: ProgressState): void {
    this.#state = { ...state, history: [...state.history] };
  }
}
