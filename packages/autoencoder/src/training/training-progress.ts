import type { EpochSummary } from './training-events';
import type { TrainingState } from './training-state';
import type { BatchResult } from './training-step';

/** How far training has come, and what the epoch's losses come to. */
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

  /** Returns the mean loss of the pass of `images` that the last update ended; undefined if none ended. */
  takePass(images: number): { pass: number; loss: number } | undefined {
    const { position, passLossSum } = this.#state;
    if (position % images !== 0) return undefined;
    this.#state.passLossSum = 0;
    return { pass: position / images, loss: passLossSum / images };
  }

  /** Puts the summary of the epoch into the history, and begins the next. */
  endEpoch(summary: EpochSummary): void {
    const state = this.#state;
    state.history.push(summary);
    state.epoch++;
    Object.assign(state, { position: 0, lossSum: 0, passLossSum: 0, elapsedMs: summary.elapsedMs });
    for (const sum of ['divergenceSum', 'activeSum'] as const) if (state[sum] !== undefined) state[sum] = 0;
  }

  /** The mean loss of the epoch's images so far. */
  get epochLoss(): number {
    return this.#state.lossSum / this.#state.position;
  }

  /** Of a variational network: divergence and numbers in use on average over the epoch's images so far. */
  get epochDivergence(): Pick<EpochSummary, 'divergence' | 'activeNumbers'> {
    const { divergenceSum, activeSum = 0, position } = this.#state;
    if (divergenceSum === undefined) return {};
    return { divergence: divergenceSum / position, activeNumbers: Math.round(activeSum / position) };
  }

  restore(state: ProgressState): void {
    this.#state = { ...state, history: [...state.history] };
  }
}
