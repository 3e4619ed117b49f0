/** Writes arguments as a shell takes them: what somebody can paste to repeat a command. */
export function commandLine(args: readonly string[]): string {
  return ['ae', ...args.map(quote)].join(' ');
}

/** Quotes an argument that a POSIX shell would take apart. */
export function quote(argument: string): string {
  return /^[\w./:=@%+,-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
