import { AutoencoderError, checkKeys, checkNumber, checkObject, inWords } from '../errors';
import { type StochasticGradientSchedule, stochasticGradientRate } from './stochastic-gradient';

/**
 * How the learning rate changes from step to step, for the base rate `base` of the optimiser and steps i = 0, 1, ....
 * The first seven are Caffe's policies (caffe.proto, SolverParameter.lr_policy) by their names and formulas.
 */
export type ScheduleOptions =
  /** `base` */
  | { readonly policy: 'fixed' }
  /** `base * gamma^floor(i / stepSize)` */
  | { readonly policy: 'step'; readonly gamma: number; readonly stepSize: number }
  /** `base * gamma^i` */
  | { readonly policy: 'exp'; readonly gamma: number }
  /** `base * (1 + gamma * i)^-power` */
  | { readonly policy: 'inv'; readonly gamma: number; readonly power: number }
  /** `base * gamma^k`, k the number of `stepValues` (ascending) that i has reached */
  | { readonly policy: 'multistep'; readonly gamma: number; readonly stepValues: readonly number[] }
  /** `base * (1 - i / maxSteps)^power`; maxSteps is by default all steps of the training, power 1 */
  | { readonly policy: 'poly'; readonly power?: number; readonly maxSteps?: number }
  /** `base / (1 + exp(-gamma * (i - stepSize)))` */
  | { readonly policy: 'sigmoid'; readonly gamma: number; readonly stepSize: number }
  | CosineOptions
  | TrapezoidOptions
  | PlateauOptions
  | StochasticGradientSchedule;

/**
 * `base * (i + 1) / warmUpSteps` in the first warmUpSteps steps, then half a cosine from `base` down to
 * `base * finalFraction`, which it reaches at maxSteps (Loshchilov and Hutter, 2016, without restarts).
 */
export interface CosineOptions {
  readonly policy: 'cosine';
  /** Default 0. */
  readonly warmUpSteps?: number;
  /** Default 0. */
  readonly finalFraction?: number;
  /** Default all steps of the training. */
  readonly maxSteps?: number;
}

/**
 * Rises in a straight line to `base` in the first part of the training, stays there for most of it, and falls in a
 * straight line to 0, which it would reach at maxSteps.
 */
export interface TrapezoidOptions {
  readonly policy: 'trapezoid';
  /** The part of all steps in which the rate rises, in [0, 1]. Default 0. */
  readonly warmUpFraction?: number;
  /** The part of all steps in which the rate falls, in [0, 1]. Default 0.4. */
  readonly decayFraction?: number;
  /** Default all steps of the training. */
  readonly maxSteps?: number;
}

/**
 * Multiplies the rate by `factor` when the error (of the validation, or else of the training) has not fallen for more
 * than `patience` epochs; torch.optim.lr_scheduler.ReduceLROnPlateau.
 */
export interface PlateauOptions {
  readonly policy: 'plateau';
  /** Above 0 and below 1. Default 0.1. */
  readonly factor?: number;
  /** Default 10. */
  readonly patience?: number;
  /** An error counts as lower below `best * (1 - threshold)`. Default 1e-4. */
  readonly threshold?: number;
  /** Epochs after a change in which nothing is counted. Default 0. */
  readonly cooldown?: number;
  /** The rate falls no lower. Default 0. */
  readonly minLearningRate?: number;
}

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
  /** The optimiser's learning rate. */
  readonly base: number;
  /** All steps of the training. */
  readonly totalSteps: number;
  /** Steps in which each sample is visited once. */
  readonly stepsPerPass: number;
  /** How often the samples of an epoch are visited. */
  readonly passesPerEpoch: number;
}

/** Makes the schedule of a training; throws INVALID_OPTION for unknown policies, unknown options and values out of range. */
export function createSchedule(options: ScheduleOptions, span: Span): Schedule {
  checkSchedule(options);
  if (options.policy === 'plateau') return new Plateau(span.base, options);
  return { rateAt: rateFunction(options, span) };
}

/** Says whether the rate of each step depends on how many there are in all. */
export function spansTraining(options: ScheduleOptions): boolean {
  const spanning: readonly ScheduleOptions['policy'][] = ['poly', 'cosine', 'trapezoid'];
  return spanning.includes(options.policy) && (options as CosineOptions).maxSteps === undefined;
}

function rateFunction(options: Exclude<ScheduleOptions, PlateauOptions>, span: Span) {
  const { base, totalSteps } = span;
  switch (options.policy) {
    case 'fixed':
      return () => base;
    case 'step':
      return (i: number) => base * options.gamma ** Math.floor(i / options.stepSize);
    case 'exp':
      return (i: number) => base * options.gamma ** i;
    case 'inv':
      return (i: number) => base * (1 + options.gamma * i) ** -options.power;
    case 'multistep':
      return (i: number) => base * options.gamma ** options.stepValues.filter((value) => i >= value).length;
    case 'poly': {
      const { power = 1, maxSteps = totalSteps } = options;
      return (i: number) => base * Math.max(0, 1 - i / maxSteps) ** power;
    }
    case 'sigmoid':
      return (i: number) => base / (1 + Math.exp(-options.gamma * (i - options.stepSize)));
    case 'cosine':
      return cosine(options, base, totalSteps);
    case 'trapezoid': {
      const { warmUpFraction = 0, decayFraction = 0.4, maxSteps = totalSteps } = options;
      const rising = (i: number) => (i + 1) / (warmUpFraction * maxSteps);
      const falling = (i: number) => Math.max(0, maxSteps - i) / (decayFraction * maxSteps);
      return (i: number) => base * Math.min(1, rising(i), decayFraction === 0 ? 1 : falling(i));
    }
    case 'torch7':
      return (i: number) => stochasticGradientRate(i, options, span);
  }
}

function cosine({ warmUpSteps = 0, finalFraction = 0, maxSteps }: CosineOptions, base: number, totalSteps: number) {
  const end = maxSteps ?? totalSteps;
  return (i: number) => {
    if (i < warmUpSteps) return (base * (i + 1)) / warmUpSteps;
    const progress = Math.min(1, (i - warmUpSteps) / Math.max(1, end - warmUpSteps));
    return base * (finalFraction + ((1 - finalFraction) * (1 + Math.cos(Math.PI * progress))) / 2);
  };
}

class Plateau implements Schedule {
  private readonly settings: Required<Omit<PlateauOptions, 'policy'>>;
  private rate: number;
  private best = Number.POSITIVE_INFINITY;
  private badEpochs = 0;
  private cooldownLeft = 0;

  constructor(base: number, options: PlateauOptions) {
    const { factor = 0.1, patience = 10, threshold = 1e-4, cooldown = 0, minLearningRate = 0 } = options;
    this.settings = { factor, patience, threshold, cooldown, minLearningRate };
    this.rate = base;
  }

  rateAt(): number {
    return this.rate;
  }

  observe(error: number): void {
    const { factor, patience, threshold, cooldown, minLearningRate } = this.settings;
    if (error < this.best * (1 - threshold)) {
      this.best = error;
      this.badEpochs = 0;
    } else {
      this.badEpochs++;
    }
    if (this.cooldownLeft > 0) {
      this.cooldownLeft--;
      this.badEpochs = 0;
    }
    if (this.badEpochs <= patience) return;
    this.rate = Math.min(this.rate, Math.max(this.rate * factor, minLearningRate));
    this.cooldownLeft = cooldown;
    this.badEpochs = 0;
  }

  get state(): ScheduleState {
    const { rate, best, badEpochs, cooldownLeft } = this;
    // JSON has no Infinity.
    return { rate, badEpochs, cooldownLeft, ...(Number.isFinite(best) && { best }) };
  }

  set state({ rate, best = Number.POSITIVE_INFINITY, badEpochs, cooldownLeft }: ScheduleState) {
    Object.assign(this, { rate, best, badEpochs, cooldownLeft });
  }
}

type Range = Parameters<typeof checkNumber>[2];
const atLeast0: Range = { min: 0 };
const above0: Range = { min: 0, exclusiveMin: true };
const count: Range = { min: 0, integer: true };
const positiveCount: Range = { min: 1, integer: true };

/** The options of each policy and their ranges. */
const policies: Record<ScheduleOptions['policy'], Record<string, Range>> = {
  fixed: {},
  step: { gamma: above0, stepSize: positiveCount },
  exp: { gamma: above0 },
  inv: { gamma: atLeast0, power: atLeast0 },
  multistep: { gamma: above0, stepValues: count },
  poly: { power: atLeast0, maxSteps: positiveCount },
  sigmoid: { gamma: {}, stepSize: count },
  cosine: { warmUpSteps: count, finalFraction: { min: 0, max: 1 }, maxSteps: positiveCount },
  trapezoid: { warmUpFraction: { min: 0, max: 1 }, decayFraction: { min: 0, max: 1 }, maxSteps: positiveCount },
  plateau: {
    factor: { min: 0, below: 1, exclusiveMin: true },
    patience: count,
    threshold: { min: 0, below: 1 },
    cooldown: count,
    minLearningRate: atLeast0,
  },
  torch7: { learningRateDecay: atLeast0 },
};
const optional: readonly ScheduleOptions['policy'][] = ['poly', 'cosine', 'trapezoid', 'plateau', 'torch7'];

/** Throws INVALID_OPTION for unknown policies, unknown or missing options and values out of range. */
export function checkSchedule(options: ScheduleOptions): void {
  checkObject('schedule', options, "{ policy: 'fixed' }");
  const { policy } = options;
  if (!Object.hasOwn(policies, policy)) {
    const known = Object.keys(policies).join(', ');
    throw new AutoencoderError(
      'INVALID_OPTION',
      `schedule: expected a policy of ${known}, received ${inWords(policy)}.`,
    );
  }
  const ranges = policies[policy];
  checkKeys(`schedule ${policy}`, options, ['policy', ...Object.keys(ranges)]);
  for (const [key, range] of Object.entries(ranges)) {
    const value = (options as unknown as Record<string, unknown>)[key];
    if (value === undefined && optional.includes(policy)) continue;
    if (key === 'stepValues') checkAscending(value);
    else checkNumber(`schedule ${policy}, ${key}`, value, range);
  }
}

function checkAscending(values: unknown): void {
  const ok =
    Array.isArray(values) &&
    values.every((value, i) => Number.isInteger(value) && value > (i === 0 ? -1 : values[i - 1]));
  if (ok) return;
  throw new AutoencoderError(
    'INVALID_OPTION',
    `schedule multistep, stepValues: expected ascending integers of at least 0, received ${inWords(values)}.`,
  );
}
