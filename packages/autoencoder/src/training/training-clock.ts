import { Breather } from '../data/event-loop';

/** Measures speed, over the last few seconds and over an epoch, and lets timers and signals run between steps. */
export class TrainingClock {
  readonly #start: number;
  readonly #breather = new Breather();
  #window: { time: number; images: number }[];
  #images = 0;
  /** Where the epoch began, or continues in this process; `#last` is the time of its last update. */
  #epoch: { readonly time: number; readonly images: number };
  #last: number;

  /** Starts at `elapsedMs`, which is above 0 if training continues where another process ended. */
  constructor(elapsedMs = 0) {
    const now = performance.now();
    this.#start = now - elapsedMs;
    this.#window = [{ time: now, images: 0 }];
    this.#epoch = { time: now, images: 0 };
    this.#last = now;
  }

  tick(images: number): void {
    this.#images += images;
    const now = performance.now();
    this.#last = now;
    this.#window.push({ time: now, images: this.#images });
    while (this.#window.length > 2 && this.#window[0].time < now - 2000) this.#window.shift();
  }

  /** Starts an epoch and a new window, so that time spent on something else does not count. */
  resume(): void {
    const { imagesPerSecond } = this.reading();
    // A first point one second back keeps the speed known until the next step arrives.
    const now = performance.now();
    this.#epoch = { time: now, images: this.#images };
    this.#last = now;
    this.#window = [
      { time: now - 1000, images: this.#images - imagesPerSecond },
      { time: now, images: this.#images },
    ];
  }

  /** Returns the speed over all updates of the epoch: a moment says little about it on a busy machine. */
  imagesPerSecondOfEpoch(): number {
    const seconds = (this.#last - this.#epoch.time) / 1000;
    return seconds > 0 ? (this.#images - this.#epoch.images) / seconds : 0;
  }

  /** Returns the time so far, and the speed over the last few seconds. */
  reading(): { elapsedMs: number; imagesPerSecond: number } {
    const first = this.#window[0];
    const last = this.#window[this.#window.length - 1];
    const seconds = (last.time - first.time) / 1000;
    const imagesPerSecond = seconds > 0 ? (last.images - first.images) / seconds : 0;
    return { elapsedMs: performance.now() - this.#start, imagesPerSecond };
  }

  /** Yields to the event loop at most 20 times per second. */
  breathe(): Promise<void> {
    return this.#breather.breathe();
  }
}
