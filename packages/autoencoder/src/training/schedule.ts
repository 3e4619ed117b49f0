/** What a schedule has to remember beside the step: plain data for a checkpoint. */
export type ScheduleState = Readonly<Record<string, number>>;

/** The learning rate of each step. */
export interface Schedule {
  /** Returns the learning rate of step `i`, counted from 0. */
  rateAt(i: number): number;
  /** Is told the error of each epoch when it ends. */
  observe?(error: number): void;
  /** Only of schedules that remember something; to set when a checkpoint is restored. */
  state?: ScheduleState;
}

/** What a schedule needs to know of the training. */
export interface Span {
  /** The optimizer's learning rate. */
  readonly base: number;
  /** All steps of the training. */
  readonly totalSteps: number;
  /** Steps in which each sample is visited once. */
  readonly stepsPerPass: number;
  /** How often the samples of an epoch are visited. */
  readonly passesPerEpoch: number;
}
