import { stepsWithin, timeOfSteps } from './training-time';

/** Where in its schedule a training is after an update: plain data for a checkpoint. */
export interface PaceState {
  /** The update after which the pace was set. */
  readonly step: number;
  /** Where in the schedule that was, in updates of the plan. */
  readonly position: number;
  /** Updates of the plan that each one since stands for. */
  readonly rate: number;
}

interface Point {
  readonly step: number;
  readonly elapsedMs: number;
}

/** Parts of the time: where the end is aimed at, how far off it may be before the pace changes, and where training ends at any pace. */
export const aimedPart = 0.97;
// What the speed of a quiet machine varies by changes nothing, so that its runs can be repeated.
const tolerance = 0.07;
const latest = 1.04;
/** The part of the time over which speed is taken, and at least how long. */
const windowFraction = 0.05;
const minWindowMs = 2000;
/** Less of short times, and towards the end: the plan must not be spent before the speed is looked at. */
const [minWindowFraction, maxWindowFraction] = [0.02, 0.1];
const windowFractionOfRest = 0.15;
/** Points kept of that window. */
const pointsPerWindow = 20;

/**
 * Keeps a training within its time: where updates turn out to take longer than was planned for, or less long, those that are left stand
 * for more or fewer of the plan's, and the learning rate comes to its end all the same.
 */
export class Pace {
  state: PaceState = { step: 0, position: 0, rate: 1 };
  readonly #steps: number;
  readonly #limitMs?: number;
  /** Points since the pace was last set in this process: the first one, and those of the last window. */
  #first?: Point;
  #recent: Point[] = [];

  readonly #stepsPerEpoch: number;

  /** Of a plan of `steps` updates, to end after about `limitMs`; without that, the plan is followed as it is. */
  constructor(
    steps: number,
    { limitMs, stepsPerEpoch }: { readonly limitMs?: number; readonly stepsPerEpoch: number },
  ) {
    this.#steps = steps;
    this.#limitMs = limitMs;
    this.#stepsPerEpoch = stepsPerEpoch;
  }

  /** Returns where in the schedule the update after `step` others is, in updates of the plan. */
  positionAt(step: number): number {
    const { state } = this;
    return state.position + (step - state.step) * state.rate;
  }

  /** Says whether no update is left after `step` of them. */
  isSpent(step: number): boolean {
    return this.positionAt(step) >= this.#steps;
  }

  /** Returns how many updates there are going to be, of which `step` have been made. */
  stepsExpected(step: number): number {
    return step + Math.max(0, Math.ceil((this.#steps - this.positionAt(step)) / this.state.rate));
  }

  /** Is told when update `step` was made, and what each end of an epoch is going to take, also the last. */
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

  /** Leaves time out of what updates take: that of an epoch's end between them. */
  leaveOut(ms: number): void {
    const later = (point: Point): Point => ({ ...point, elapsedMs: point.elapsedMs + ms });
    this.#first &&= later(this.#first);
    this.#recent = this.#recent.map(later);
  }

  /** Returns the time per update since the pace was set, and over the last window; undefined before one has passed. */
  #remember(now: Point, windowMs: number): { msPerStep: number; recentMsPerStep: number } | undefined {
    this.#first ??= now;
    const last = this.#recent.at(-1);
    if (!last || now.elapsedMs - last.elapsedMs >= windowMs / pointsPerWindow) this.#recent.push(now);
    // The first one stays that is as old as the window: one update may take longer than that.
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

/** Returns over how long speed is taken after `elapsedMs`. */
function windowMs(limitMs: number, elapsedMs: number): number {
  const usual = Math.max(minWindowMs, windowFraction * limitMs);
  const rest = windowFractionOfRest * (limitMs - elapsedMs);
  return Math.max(minWindowFraction * limitMs, Math.min(usual, maxWindowFraction * limitMs, rest));
}
