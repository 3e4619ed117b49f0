import type { OptimizerOptions } from '@ae/autoencoder';
import { type Command, Option } from 'commander';
import { CliError } from './cli-error';
import { choiceOption, numberOption } from './options';

/** Which options each optimiser has beside learning rate and weight decay, which all have. */
const ownOptions = {
  adam: ['beta1', 'beta2', 'epsilon'],
  adamw: ['beta1', 'beta2', 'epsilon'],
  sgd: ['momentum', 'dampening', 'nesterov'],
  rmsprop: ['alpha', 'epsilon', 'momentum', 'centered'],
  adagrad: ['learningRateDecay', 'initialAccumulator', 'epsilon'],
} as const satisfies Record<OptimizerOptions['name'], readonly string[]>;

type OptimizerName = keyof typeof ownOptions;
type OwnOption = (typeof ownOptions)[OptimizerName][number];
const names = Object.keys(ownOptions) as OptimizerName[];

/** What the command line may hold of them. */
export type OptimizerFlags = {
  readonly optimizer: OptimizerName;
  readonly learningRate?: number;
  readonly weightDecay?: number;
} & { readonly [option in OwnOption]?: number | boolean };

/** Adds the optimiser and all options that any of them has. */
export function addOptimizerOptions(command: Command): Command {
  const fraction = { min: 0, max: 1 };
  const positive = { min: 0 };
  const of = (option: OwnOption) => `of ${takers(option).join(', ')}`;
  const options = [
    choiceOption('--optimizer <name>', 'how weights are updated', names).default('adam'),
    numberOption('--learning-rate <n>', "step size (default: the optimizer's own)", positive),
    numberOption('--weight-decay <n>', 'pull of weights to 0 (default: 0; adamw 0.01)', positive),
    numberOption('--momentum <n>', of('momentum'), fraction),
    numberOption('--dampening <n>', of('dampening'), fraction),
    new Option('--nesterov', `look ahead along the momentum, ${of('nesterov')}`),
    numberOption('--beta1 <n>', of('beta1'), fraction),
    numberOption('--beta2 <n>', of('beta2'), fraction),
    numberOption('--epsilon <n>', of('epsilon'), positive),
    numberOption('--alpha <n>', of('alpha'), fraction),
    new Option('--centered', of('centered')),
    numberOption('--learning-rate-decay <n>', of('learningRateDecay'), positive),
    numberOption('--initial-accumulator <n>', of('initialAccumulator'), positive),
  ];
  for (const option of options) command.addOption(option);
  return command;
}

/** Gathers the optimiser's options; one that the chosen optimiser doesn't have is an error. */
export function optimizerOptions(flags: OptimizerFlags): OptimizerOptions {
  const { optimizer: name, learningRate, weightDecay } = flags;
  const gathered: Record<string, unknown> = { name, learningRate, weightDecay };
  for (const option of new Set(names.flatMap((each): readonly OwnOption[] => ownOptions[each]))) {
    if (flags[option] === undefined) continue;
    if (!takers(option).includes(name)) throw notTaken(option, name);
    gathered[option] = flags[option];
  }
  return Object.fromEntries(
    Object.entries(gathered).filter(([, value]) => value !== undefined),
  ) as unknown as OptimizerOptions;
}

function takers(option: OwnOption): OptimizerName[] {
  return names.filter((name) => (ownOptions[name] as readonly string[]).includes(option));
}

function notTaken(option: OwnOption, name: OptimizerName): CliError {
  const flag = option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return new CliError(
    'INVALID_OPTION',
    `--${flag}: expected with --optimizer ${takers(option).join(' or ')}, received --optimizer ${name}; ` +
      'leave it out, or name the optimizer.',
  );
}
