/** Short flags: each letter means the same in all commands. */
import type { Option } from 'commander';

const shortFlags: Readonly<Record<string, string>> = {
  '--epochs': '-e',
  '--batch-size': '-b',
  '--learning-rate': '--lr',
  '--out': '-o',
  '--save-prefix': '-o',
  '--seed': '-s',
  '--resize': '-r',
  '--code-size': '-c',
  '--count': '-n',
  '--config': '-f',
};

/** Gives an option the short flag that belongs to its name. */
export function addShortFlag(option: Option): void {
  const short = option.long ? shortFlags[option.long] : undefined;
  if (!short || option.short) return;
  option.short = short;
  option.flags = `${short}, ${option.flags}`;
}
