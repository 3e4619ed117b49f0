import type { Command } from 'commander';
import { CliError } from './cli-error';

/**
 * Checks a command before it runs: nothing that a user types is empty on purpose, but a shell's variable may be, and `--from ""` would
 * otherwise train from the beginning.
 *
 * @throws CliError that names the first argument or option with an empty value
 */
export function assertNoEmptyValues(command: Command): void {
  const given = [
    ...command.registeredArguments.map((argument, i): [string, unknown] => [
      `<${argument.name()}>`,
      command.processedArgs[i],
    ]),
    ...command.options.map((option): [string, unknown] => [
      `--${option.name()}`,
      command.getOptionValue(option.attributeName()),
    ]),
  ];
  const empty = given.find(([, value]) => [value].flat().includes(''));
  if (!empty) return;
  const todo = 'if it comes from a variable, set that first';
  throw new CliError('INVALID_OPTION', `${empty[0]}: expected a value, received ""; ${todo}.`);
}
