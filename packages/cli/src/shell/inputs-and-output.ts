/**
 * Splits the arguments of a command that takes one or more inputs and, last, an output: commander accepts a variable number of arguments
 * only at the end.
 */
import { existsSync } from 'node:fs';
import { isPattern } from '@ae/images/files';
import { CliError } from './cli-error';

/** Common mistakes: a value after a flag that takes none, or several values after a flag that takes one. */
const values = /^(jpe?g|png|webp|gif|bmp|yes|no|true|false|on|off|\d+([x,]\d+)?)$/i;

/** Returns the inputs and the output of `ae <command>`. @throws CliError for arguments that are probably a mistake */
export function inputsAndOutput(
  command: string,
  places: readonly string[],
  name: string,
): { inputs: string[]; output: string } {
  const output = places.at(-1);
  if (output === undefined || places.length === 1) {
    throw new CliError(
      'USAGE_MISSING_ARGUMENT',
      `missing required argument '${name}'; ae ${command} --help shows the usage.`,
    );
  }
  const inputs = places.slice(0, -1);
  assertNoValue(output, name);
  assertInputs(inputs, output, name);
  return { inputs, output };
}

/** `--encoded jpg`, `--resize 64 64`: what looks like the value of a flag would be taken for the output. */
function assertNoValue(output: string, name: string): void {
  if (!values.test(output)) return;
  const flag = /^\d/.test(output)
    ? '--resize takes one value, such as 64 or 48x64'
    : /^[a-z]*(g|p|f)$/i.test(output) && !/^off$/i.test(output)
      ? `image files of that type are chosen with --encode-type ${output.toLowerCase().replace('jpeg', 'jpg')}`
      : 'switches such as --shuffle take no value';
  throw new CliError(
    'INVALID_OPTION',
    `the last argument, ${output}, is taken as ${name}, but ${flag}; if it is meant as a name, write ./${output}.`,
  );
}

/** A missing input may be an output in the wrong place. */
function assertInputs(inputs: readonly string[], output: string, name: string): void {
  const missing = inputs.find((input) => !isPattern(input) && !existsSync(input));
  if (missing === undefined) return;
  if (inputs.length === 1 && !existsSync(output)) return;
  const todo =
    inputs.length === 1
      ? `but ${output} does; images come first, and ${name} last`
      : `and is taken as images; only the last argument, here ${output}, is ${name}`;
  throw new CliError('NOT_READABLE', `${missing} does not exist, ${todo}.`);
}
