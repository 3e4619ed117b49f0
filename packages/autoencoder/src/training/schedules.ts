/**
 * How the learning rate changes from step to step, for the base rate `base` of the optimizer and steps i = 0, 1, .... The table defines
 * schedules completely: a new one is a new entry, from which its type, its checks and its flags are derived.
 */
import {
  type Choice,
  type ChoiceOption,
  checkOption,
  type FilledOf,
  type OptionTable,
  type ValuesOf,
  withDefaults,
} from '../errors/option-kinds';
import { Plateau } from './plateau';
import type { Schedule, Span } from './schedule';
import { stochasticGradientRate } from './stochastic-gradient';

/** A schedule: `rate` returns the learning rate of step i, or `create` makes one that has a state. */
export interface ScheduleChoice<T extends OptionTable> extends Choice {
  readonly options: T;
  /** @internal */
  rate?(options: FilledOf<T>, span: Span): (i: number) => number;
  /** @internal */
  create?(options: FilledOf<T>, span: Span): Schedule;
}

function schedule<const T extends OptionTable>(entry: ScheduleChoice<T>): ScheduleChoice<T> {
  return entry;
}

const factor = {
  kind: 'number',
  min: 0,
  exclusiveMin: true,
  required: true,
  help: 'factor that the rate is multiplied by',
} as const;
const growth = { kind: 'number', required: true, help: 'factor or speed of the change' } as const;
const power = { kind: 'number', min: 0, help: 'exponent of the curve' } as const;
const maxSteps = {
  kind: 'number',
  min: 1,
  integer: true,
  unit: 'steps',
  help: 'step where the curve ends (default: the end of training)',
} as const;
const fraction = { kind: 'number', min: 0, max: 1 } as const;
const count = { kind: 'number', min: 0, integer: true } as const;

/** The schedules by name. The first seven are Caffe's policies (caffe.proto, SolverParameter.lr_policy), with their names and formulas. */
export const schedules = {
  fixed: schedule({
    help: 'base',
    options: {},
    rate:
      (_, { base }) =>
      () =>
        base,
  }),
  step: schedule({
    help: 'base * gamma^floor(i / stepSize)',
    options: {
      gamma: factor,
      stepSize: { ...count, min: 1, required: true, unit: 'steps', help: 'steps between changes' },
    },
    rate:
      ({ gamma, stepSize }, { base }) =>
      (i) =>
        base * gamma ** Math.floor(i / stepSize),
  }),
  exp: schedule({
    help: 'base * gamma^i',
    options: { gamma: factor },
    rate:
      ({ gamma }, { base }) =>
      (i) =>
        base * gamma ** i,
  }),
  inv: schedule({
    help: 'base * (1 + gamma * i)^-power',
    options: { gamma: { ...growth, min: 0 }, power: { ...power, required: true } },
    rate:
      (options, { base }) =>
      (i) =>
        base * (1 + options.gamma * i) ** -options.power,
  }),
  multistep: schedule({
    help: 'base * gamma^k, k the number of stepValues that i has reached',
    options: {
      gamma: factor,
      stepValues: { kind: 'steps', required: true, help: 'steps at which the rate changes, such as 1000,2000' },
    },
    rate:
      ({ gamma, stepValues }, { base }) =>
      (i) =>
        base * gamma ** stepValues.filter((value) => i >= value).length,
  }),
  poly: schedule({
    help: 'base * (1 - i / maxSteps)^power',
    options: { power: { ...power, default: 1 }, maxSteps },
    rate: (options, { base, totalSteps }) => {
      const { power, maxSteps = totalSteps } = options;
      return (i) => base * Math.max(0, 1 - i / maxSteps) ** power;
    },
  }),
  sigmoid: schedule({
    help: 'base / (1 + exp(-gamma * (i - stepSize)))',
    options: {
      gamma: growth,
      stepSize: { ...count, required: true, unit: 'steps', help: 'step where the rate is base / 2' },
    },
    rate:
      ({ gamma, stepSize }, { base }) =>
      (i) =>
        base / (1 + Math.exp(-gamma * (i - stepSize))),
  }),
  cosine: schedule({
    help: 'a linear rise, then half a cosine down to base * finalFraction (Loshchilov and Hutter, 2016)',
    options: {
      warmUpSteps: { ...count, default: 0, unit: 'steps', help: 'steps in which the rate rises' },
      finalFraction: { ...fraction, default: 0, help: 'fraction of the rate that is left at the end' },
      maxSteps,
    },
    rate: ({ warmUpSteps, finalFraction, maxSteps }, { base, totalSteps }) => {
      const length = Math.max(1, (maxSteps ?? totalSteps) - warmUpSteps);
      return (i) => {
        if (i < warmUpSteps) return (base * (i + 1)) / warmUpSteps;
        const progress = Math.min(1, (i - warmUpSteps) / length);
        return base * (finalFraction + ((1 - finalFraction) * (1 + Math.cos(Math.PI * progress))) / 2);
      };
    },
  }),
  trapezoid: schedule({
    help: 'a linear rise to base, base for most of the training, and a linear fall to 0',
    options: {
      warmUpFraction: { ...fraction, default: 0, help: 'fraction of all steps in which the rate rises' },
      warmUpSteps: {
        ...count,
        default: 0,
        unit: 'steps',
        help: 'the same in steps, if that is more; a short training does not reach base',
      },
      decayFraction: { ...fraction, default: 0.4, help: 'fraction of all steps in which the rate falls' },
      maxSteps,
    },
    rate: ({ warmUpFraction, warmUpSteps, decayFraction, maxSteps }, { base, totalSteps }) => {
      const end = maxSteps ?? totalSteps;
      const rising = (i: number) => (i + 1) / Math.max(warmUpSteps, warmUpFraction * end);
      const falling = (i: number) => Math.max(0, end - i) / (decayFraction * end);
      return (i) => base * Math.min(1, rising(i), decayFraction === 0 ? 1 : falling(i));
    },
  }),
  plateau: schedule({
    help: 'falls when the validation error, or else the training error, has not (torch.optim ReduceLROnPlateau)',
    options: {
      factor: {
        kind: 'number',
        min: 0,
        exclusiveMin: true,
        below: 1,
        default: 0.1,
        help: 'factor that the rate is multiplied by',
      },
      patience: { ...count, default: 10, unit: 'epochs', help: 'epochs without a lower error before the rate falls' },
      threshold: {
        kind: 'number',
        min: 0,
        below: 1,
        default: 1e-4,
        help: 'fraction by which the error must fall to count',
      },
      cooldown: { ...count, default: 0, unit: 'epochs', help: 'epochs after a change that are not counted' },
      minLearningRate: { kind: 'number', min: 0, default: 0, help: 'lowest rate' },
    },
    create: (options, { base }) => new Plateau(base, options),
  }),
  torch7: schedule({
    help: "the Torch original's: base / (1 + n * learningRateDecay) in pass n > 1 of an epoch",
    options: { learningRateDecay: { kind: 'number', min: 0, default: 0, help: 'how fast the rate falls' } },
    rate: (options, span) => (i) => stochasticGradientRate(i, options, span),
  }),
};

/** The name of a schedule. */
export type SchedulePolicy = keyof typeof schedules;

/** A schedule by its `policy`, with its options. */
export type ScheduleOptions = {
  [P in SchedulePolicy]: { readonly policy: P } & ValuesOf<(typeof schedules)[P]['options']>;
}[SchedulePolicy];

/** The choice of a schedule, as an option of training. */
export const scheduleOption = {
  kind: 'choice',
  key: 'policy',
  choices: schedules,
  help: "how the learning rate changes: Caffe's lr_policy names, and more",
} as const satisfies ChoiceOption;

/** Makes the schedule of a training run; throws INVALID_OPTION for unknown policies and options, and for values out of range. */
export function createSchedule(options: ScheduleOptions, span: Span): Schedule {
  checkOption('schedule', scheduleOption, options);
  const { policy, ...given } = options;
  const { options: table, rate, create }: ScheduleChoice<OptionTable> = schedules[policy];
  const filled = withDefaults(table, given);
  return create?.(filled, span) ?? { rateAt: (rate as NonNullable<typeof rate>)(filled, span) };
}

/** Tells whether the rate of each step depends on the total number of steps. */
export function spansTraining(options: ScheduleOptions): boolean {
  return 'maxSteps' in schedules[options.policy].options && (options as { maxSteps?: number }).maxSteps === undefined;
}
