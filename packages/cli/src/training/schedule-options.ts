import type { TrainOptions } from '@ae/autoencoder';
import { type Command, Option } from 'commander';
import { CliError } from '../shell/cli-error';
import { choiceOption, numberOption, parseNumber } from '../shell/options';
import { flagOf, gatherOwned, type OwnedOptions, ownedNames, takers } from './owned-options';

export type ScheduleOptions = NonNullable<TrainOptions['schedule']>;
type Policy = ScheduleOptions['policy'];

/** Which options each policy has. */
export const schedules = {
  flag: '--schedule',
  table: {
    fixed: [],
    step: ['gamma', 'stepSize'],
    exp: ['gamma'],
    inv: ['gamma', 'power'],
    multistep: ['gamma', 'stepValues'],
    poly: ['power', 'maxSteps'],
    sigmoid: ['gamma', 'stepSize'],
    cosine: ['warmUpSteps', 'finalFraction', 'maxSteps'],
    trapezoid: ['warmUpFraction', 'decayFraction', 'maxSteps'],
    plateau: ['factor', 'patience', 'threshold', 'cooldown', 'minLearningRate'],
    torch7: ['learningRateDecay'],
  } satisfies Record<Policy, readonly string[]>,
} as const satisfies OwnedOptions;

/** Policies whose options all have defaults. */
const complete: readonly Policy[] = ['fixed', 'poly', 'cosine', 'trapezoid', 'plateau', 'torch7'];

export interface ScheduleFlags {
  readonly schedule?: Policy;
  readonly learningRateDecay?: number;
}

/** Adds the learning rate's policy and all options that any of them has. */
export function addScheduleOptions(command: Command): Command {
  const of = (option: string) => `of ${takers(schedules, option).join(', ')}`;
  const steps = { min: 1, integer: true };
  const options = [
    choiceOption('--schedule <policy>', "Caffe's lr_policy names, and more (default: by recipe)", [
      ...Object.keys(schedules.table),
    ]),
    numberOption('--gamma <n>', of('gamma'), {}),
    numberOption('--power <n>', of('power'), { min: 0 }),
    numberOption('--step-size <steps>', of('stepSize'), { min: 0, integer: true }),
    new Option('--step-values <steps>', `${of('stepValues')}: ascending, such as 1000,2000`).argParser(parseSteps),
    numberOption('--max-steps <n>', `${of('maxSteps')} (default: the whole training)`, steps),
    numberOption('--warm-up-steps <n>', of('warmUpSteps'), { min: 0, integer: true }),
    numberOption('--warm-up-fraction <n>', of('warmUpFraction'), { min: 0, max: 1 }),
    numberOption('--final-fraction <n>', of('finalFraction'), { min: 0, max: 1 }),
    numberOption('--decay-fraction <n>', of('decayFraction'), { min: 0, max: 1 }),
    numberOption('--factor <n>', of('factor'), { min: 0, below: 1, above: true }),
    numberOption('--patience <epochs>', of('patience'), { min: 0, integer: true }),
    numberOption('--threshold <n>', of('threshold'), { min: 0, below: 1 }),
    numberOption('--cooldown <epochs>', of('cooldown'), { min: 0, integer: true }),
    numberOption('--min-learning-rate <n>', of('minLearningRate'), { min: 0 }),
    numberOption('--learning-rate-decay <n>', 'of --schedule torch7 and --optimizer adagrad', { min: 0 }),
  ];
  for (const option of options) command.addOption(option);
  return command;
}

function parseSteps(text: string): number[] {
  return text.split(',').map((part) => Number(parseNumber('--step-values', part, { min: 0, integer: true })));
}

/** Returns the schedule that the flags make of `base`, undefined where there are none. */
export function scheduleOptions(
  flags: ScheduleFlags & Readonly<Record<string, unknown>>,
  base: ScheduleOptions,
  ofOptimizer: readonly string[],
): ScheduleOptions | undefined {
  const policy = flags.schedule ?? base.policy;
  const own = gatherOwned(schedules, policy, flags, ofOptimizer);
  if (!flags.schedule && Object.keys(own).length === 0) return undefined;
  const gathered: Record<string, unknown> = { ...(policy === base.policy && base), policy, ...own };
  const missing = complete.includes(policy)
    ? undefined
    : ownedNames({ ...schedules, table: { [policy]: schedules.table[policy] } }).find((name) => !(name in gathered));
  if (missing) {
    throw new CliError(
      'INVALID_OPTION',
      `${flagOf(missing)}: expected it with --schedule ${policy}, received none; add it.`,
    );
  }
  return gathered as unknown as ScheduleOptions;
}
