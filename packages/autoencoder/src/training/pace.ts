import { stepsWithin, timeOfSteps } from './training-time';

/** Where training is in its schedule after an update: plain data for a checkpoint. */
export interface PaceState {
  /** The update after which the pace was set. */
  readonly step: number;
  /** The position in the schedule at that time, in planned updates. */
  readonly position: number;
  /** Number of planned updates that each actual update has stood for since then. */
  readonly rate: number;
}

interface Point {
  readonly step: number;
  readonly elapsedMs: number;
}

/** Fractions of the time: the targeted end, how far off it may be before the pace changes, and where training ends at any pace. */
export const aimedPart = 0.97;
// Normal variations of a quiet machine's speed change nothing, so that its runs can be repeated.
const tolerance = 0.07;
const latest = 1.04;
/** The fraction of the time over which speed is measured, and its minimum. */
const windowFraction = 0.05;
const minWindowMs = 2000;
/** Less for short times and near the end: the plan must not be used up before the speed is measured. */
const [minWindowFraction, maxWindowFraction] = [0.02, 0.1];
const windowFractionOfRest = 0.15;
/** Number of points stored for that window. */
const pointsPerWindow = 20;

/**
 * Keeps training within its time limit: if updates take more or less time than planned, each remaining one stands for more or fewer planned
 * updates, so that the learning rate still reaches its end.
 */
export class Pace {
  state: PaceState = { step: 0, position: 0, rate: 1 };
  readonly #steps: number;
  readonly #limitMs?: number;
  /** Points since the pace was last set in this process: the first one, and those of the last window. */
  #first?: Point;
  #recent: Point[] = [];

  readonly #stepsPerEpoch: number;

  /** For a plan of `steps` updates that should end after about `limitMs`; without a limit, the plan is followed unchanged. */
  constructor(
    steps: number,
    { limitMs, stepsPerEpoch }: { readonly limitMs?: number; readonly stepsPerEpoch: number },
  ) {
    this.#steps = steps;
    this.#limitMs = limitMs;
    this.#stepsPerEpoch = stepsPerEpoch;
  }

  /** Returns the position in the schedule of the update after `step` others, in planned updates. */
  positionAt(step: number): number {
    const { state } = this;
    return state.position + (step - state.step) * state.rate;
  }

  /** Tells whether no update is left after `step` of them. */
  isSpent(step: number): boolean {
    return this.positionAt(step) >= this.#steps;
  }

  /** Returns the expected total number of updates, of which `step` have been made. */
  stepsExpected(step: number): number {
    return step + Math.max(0, Math.ceil((this.#steps - this.positionAt(step)) / this.state.rate));
  }

  /** Records that update `step` was made, and how long the end of each epoch will take, including the last. */
  observe(step: number, elapsedMs: number, epochEndMs: number): void {
    const limitMs = this.#limitMs;
    if (limitMs === undefined || this.isSpent(step)) return;
    const position = this.positionAt(step);
    if (elapsedMs >= latest * limitMs - epochEndMs) {
      this.#set({ step, position: this.#steps, rate: 1 });
      return;
    }
    const window = this.#remember({ step, elapsedMs }, windowMs(limitMs, elapsedMs));
    if (!window) return;
    const left = this.#steps - position;
    const leftMs = aimedPart * limitMs - elapsedMs;
    const costs = { stepsPerEpoch: this.#stepsPerEpoch, epochEndMs, msPerStep: window.msPerStep };
    const expectedMs = timeOfSteps(left / this.state.rate, step, costs);
    if (Math.abs(expectedMs - leftMs) <= tolerance * limitMs) return;
    const stepsLeft = Math.max(1, stepsWithin(leftMs, step, { ...costs, msPerStep: window.recentMsPerStep }));
    this.#set({ step, position, rate: left / stepsLeft });
  }

  /** Excludes the end of an epoch from the time of updates. */
  leaveOut(ms: number): void {
    const later = (point: Point): Point => ({ ...point, elapsedMs: point.elapsedMs + ms });
    this.#first &&= later(this.#first);
    this.#recent = this.#recent.map(later);
  }

  /** Returns the time per update since the pace was set, and over the last window; undefined before one window has passed. */
  #remember(now: Point, windowMs: number): { msPerStep: number; recentMsPerStep: number } | undefined {
    this.#first ??= now;
    const last = this.#recent.at(-1);
    if (!last || now.elapsedMs - last.elapsedMs >= windowMs / pointsPerWindow) this.#recent.push(now);
    // The newest point that is at least as old as the window is kept: a single update may take longer than that.
    while (this.#recent.length > 1 && now.elapsedMs - this.#recent[1].elapsedMs >= windowMs) this.#recent.shift();
    if (now.elapsedMs - this.#first.elapsedMs < windowMs) return undefined;
    const [from] = this.#recent;
    return {
      msPerStep: (now.elapsedMs - this.#first.elapsedMs) / (now.step - this.#first.step),
      recentMsPerStep: (now.elapsedMs - from.elapsedMs) / (now.step - from.step),
    };
  }

  #set(state: PaceState): void {
    this.state = state;
    this.#first = undefined;
    this.#recent = [];
  }
}

/** Returns the length of the window over which speed is measured after `elapsedMs`. */
function windowMs(limitMs: number, elapsedMs: number): number {
  const usual = Math.max(minWindowMs, windowFraction * limitMs);
  const rest = windowFractionOfRest * (limitMs - elapsedMs);
  return Math.max(minWindowFraction * limitMs, Math.min(usual, maxWindowFraction * limitMs, rest));
}
