import type { Option } from 'commander';
import { printable } from './printable';

/** Writes arguments as a shell takes them: what somebody can paste to repeat a command. */
export function commandLine(args: readonly string[]): string {
  return ['ae', ...args.map(quote)].join(' ');
}

/** Quotes an argument that a POSIX shell would take apart; one that cannot be printed as Bash and Zsh take it, with escapes. */
export function quote(argument: string): string {
  if (printable(argument) !== argument) return `$'${printable(argument.replace(/[\\']/g, '\\$&'))}'`;
  return /^[\w./:=@%+,-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}

/** Puts other arguments in the place of an option and its value: `--name value` or `--name=value`. */
export function replaceOption(args: readonly string[], name: string, replacement: readonly string[]): string[] {
  const at = args.findIndex((argument) => argument === name || argument.startsWith(`${name}=`));
  return at < 0 ? [...args] : args.toSpliced(at, args[at] === name ? 2 : 1, ...replacement);
}

/** Writes flags out that were given by one letter: `-r 64`, `-r64` as `--resize 64`. What a run keeps of its command is read again by these names. */
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
