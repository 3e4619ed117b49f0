import type { Schedule, ScheduleState } from './schedule';

/** The options of a plateau; schedules.ts has the defaults. */
interface PlateauSettings {
  readonly factor: number;
  readonly patience: number;
  readonly threshold: number;
  readonly cooldown: number;
  readonly minLearningRate: number;
}

/**
 * Multiplies the rate by `factor` if the error has not fallen below `best * (1 - threshold)` for more than `patience` epochs, like
 * torch.optim.lr_scheduler.ReduceLROnPlateau.
 */
export class Plateau implements Schedule {
  readonly #settings: PlateauSettings;
  #rate: number;
  #best = Number.POSITIVE_INFINITY;
  #badEpochs = 0;
  #cooldownLeft = 0;

  constructor(base: number, settings: PlateauSettings) {
    this.#settings = settings;
    this.#rate = base;
  }

  rateAt(): number {
    return this.#rate;
  }

  observe(error: number): void {
    const { factor, patience, threshold, cooldown, minLearningRate } = this.#settings;
    if (error < this.#best * (1 - threshold)) {
      this.#best = error;
      this.#badEpochs = 0;
    } else {
      this.#badEpochs++;
    }
    if (this.#cooldownLeft > 0) {
      this.#cooldownLeft--;
      this.#badEpochs = 0;
    }
    if (this.#badEpochs <= patience) return;
    this.#rate = Math.min(this.#rate, Math.max(this.#rate * factor, minLearningRate));
    this.#cooldownLeft = cooldown;
    this.#badEpochs = 0;
  }

  get state(): ScheduleState {
    const state = { rate: this.#rate, badEpochs: this.#badEpochs, cooldownLeft: this.#cooldownLeft };
    // JSON has no Infinity.
    return { ...state, ...(Number.isFinite(this.#best) && { best: this.#best }) };
  }

  set state({ rate, best = Number.POSITIVE_INFINITY, badEpochs, cooldownLeft }: ScheduleState) {
    this.#rate = rate;
    this.#best = best;
    this.#badEpochs = badEpochs;
    this.#cooldownLeft = cooldownLeft;
  }
}
