import type { Option } from 'commander';
import { printable } from './printable';

/** Quotes arguments for a shell, so that the command can be pasted and run again. */
export function commandLine(args: readonly string[]): string {
  return ['ae', ...args.map(quote)].join(' ');
}

/** Quotes an argument that a POSIX shell would split or interpret; unprintable characters are escaped as in Bash and Zsh. */
export function quote(argument: string): string {
  if (printable(argument) !== argument) return `$'${printable(argument.replace(/[\\']/g, '\\$&'))}'`;
  return /^[\w./:=@%+,-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}

/** Replaces an option and its value by other arguments: `--name value` or `--name=value`. */
export function replaceOption(args: readonly string[], name: string, replacement: readonly string[]): string[] {
  const at = args.findIndex((argument) => argument === name || argument.startsWith(`${name}=`));
  return at < 0 ? [...args] : args.toSpliced(at, args[at] === name ? 2 : 1, ...replacement);
}

/** Expands one-letter flags: `-r 64` and `-r64` become `--resize 64`. A run's saved command is read again by the long names. */
export function withLongFlags(args: readonly string[], options: readonly Option[]): string[] {
  return args.flatMap((argument) => {
    const option = options.find(({ short }) => short && matches(argument, short));
    if (!option?.short || !option.long) return [argument];
    const value = argument.slice(option.short.length).replace(/^=/, '');
    return value ? [option.long, value] : [option.long];
  });
}

function matches(argument: string, short: string): boolean {
  if (short.startsWith('--')) return argument === short || argument.startsWith(`${short}=`);
  return argument.startsWith(short) && !argument.startsWith('--');
}
