import type { OptimizerOptions } from '@ae/autoencoder';
import { type Command, Option } from 'commander';
import { choiceOption, numberOption } from '../shell/options';
import { gatherOwned, type OwnedOptions, takers } from './owned-options';

/** Which options each optimiser has beside those that all have. */
export const optimizers = {
  flag: '--optimizer',
  table: {
    adam: ['beta1', 'beta2', 'epsilon'],
    adamw: ['beta1', 'beta2', 'epsilon'],
    sgd: ['momentum', 'dampening', 'nesterov'],
    rmsprop: ['alpha', 'epsilon', 'momentum', 'centered'],
    adagrad: ['learningRateDecay', 'initialAccumulator', 'epsilon'],
  } satisfies Record<OptimizerOptions['name'], readonly string[]>,
} as const satisfies OwnedOptions;

const common = ['learningRate', 'weightDecay', 'denseFactor', 'denseEvery'] as const;

/** What the command line may hold of them, beside the options that some have. */
export interface OptimizerFlags {
  readonly optimizer?: OptimizerOptions['name'];
  readonly learningRate?: number;
  readonly weightDecay?: number;
  readonly denseFactor?: number;
  readonly denseEvery?: number;
}

/** Adds the optimiser and all options that any of them has. */
export function addOptimizerOptions(command: Command): Command {
  const fraction = { min: 0, below: 1 };
  const positive = { min: 0 };
  const of = (option: string) => `of ${takers(optimizers, option).join(', ')}`;
  const options = [
    choiceOption('--optimizer <name>', 'how weights are updated (default: by recipe)', Object.keys(optimizers.table)),
    numberOption('--learning-rate <n>', "step size (default: by recipe, or the optimizer's own)", positive),
    numberOption('--weight-decay <n>', 'pull of weights to 0 (default: 0; adamw 0.01)', positive),
    numberOption('--dense-factor <n>', 'learning rate of dense layers, relative to that of others', positive),
    numberOption('--dense-every <n>', 'update dense layers in every n-th step only', { min: 1, integer: true }),
    numberOption('--momentum <n>', of('momentum'), { min: 0, max: 1 }),
    numberOption('--dampening <n>', of('dampening'), fraction),
    new Option('--nesterov', `look ahead along the momentum, ${of('nesterov')}`),
    numberOption('--beta1 <n>', of('beta1'), fraction),
    numberOption('--beta2 <n>', of('beta2'), fraction),
    numberOption('--epsilon <n>', of('epsilon'), positive),
    numberOption('--alpha <n>', of('alpha'), fraction),
    new Option('--centered', of('centered')),
    numberOption('--initial-accumulator <n>', of('initialAccumulator'), positive),
  ];
  for (const option of options) command.addOption(option);
  return command;
}

/**
 * Returns the optimiser that the flags make of `base`, undefined where there are none. An option that the optimiser doesn't
 * have is an error, unless the schedule has it.
 */
export function optimizerOptions(
  flags: OptimizerFlags & Readonly<Record<string, unknown>>,
  base: OptimizerOptions,
  ofSchedule: readonly string[],
): OptimizerOptions | undefined {
  const name = flags.optimizer ?? base.name;
  const own = gatherOwned(optimizers, name, flags, ofSchedule);
  const shared = common.filter((key) => flags[key] !== undefined).map((key) => [key, flags[key]]);
  if (!flags.optimizer && shared.length === 0 && Object.keys(own).length === 0) return undefined;
  return { ...(name === base.name && base), name, ...Object.fromEntries(shared), ...own } as OptimizerOptions;
}
