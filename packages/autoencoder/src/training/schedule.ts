/** What a schedule must remember besides the step: plain data for a checkpoint. */
export type ScheduleState = Readonly<Record<string, number>>;

/** The learning rate of each step. */
export interface Schedule {
  /** Returns the learning rate of step `i`, counted from 0. */
  rateAt(i: number): number;
  /** Receives the error of each epoch when it ends. */
  observe?(error: number): void;
  /** Only for schedules that remember something; set when a checkpoint is restored. */
  state?: ScheduleState;
}

/** What a schedule needs to know about training. */
export interface Span {
  /** The optimizer's learning rate. */
  readonly base: number;
  /** Total number of steps. */
  readonly totalSteps: number;
  /** Number of steps in which each sample is visited once. */
  readonly stepsPerPass: number;
  /** How many times the samples of an epoch are visited. */
  readonly passesPerEpoch: number;
}
