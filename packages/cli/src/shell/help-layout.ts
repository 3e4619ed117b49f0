/** The layout of `--help`: names, then descriptions, within the width of the terminal. */
import type { Command, Help, Option } from 'commander';
import { rendered } from './printable';
import { style } from './terminal';

/** Longer terms get a line of their own. */
const termWidth = 26;

/** Changes to commander's default layout. */
export const helpLayout: Partial<Help> = {
  // Wraps the descriptions in narrow terminals, too.
  minWidthToWrap: 20,
  subcommandTerm: (command) => command.name(),
  commandDescription,
  optionTerm: ({ flags, short }) => (short ? flags : `    ${flags}`),
  optionDescription,
  styleTitle: (title) => rendered(style('bold', title)),
  padWidth(command, helper) {
    const longest = [
      helper.longestOptionTermLength(command, helper),
      helper.longestSubcommandTermLength(command, helper),
      helper.longestArgumentTermLength(command, helper),
    ];
    return Math.min(termWidth, Math.max(...longest));
  },
  formatItem(term, width, description, helper) {
    const room = (helper.helpWidth ?? 80) - width - 4;
    const [first, ...more] = helper.boxWrap(description, Math.max(20, room)).split('\n');
    const indent = `\n${' '.repeat(width + 4)}`;
    const isLong = helper.displayWidth(term) > width;
    return `  ${isLong ? term + indent : `${term.padEnd(width)}  `}${[first, ...more].join(indent)}`;
  },
};

/** Returns what a command does, as a sentence. */
export function commandDescription(command: Command): string {
  const text = command.description();
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Returns what an option does, its choices and its default. */
export function optionDescription({ description, argChoices, defaultValue, required, optional }: Option): string {
  const [, text, condition, known] = /^(.*?)(?: \((?:([^()]*); )?default: (.*)\))?$/s.exec(description) ?? [];
  const value = known ?? (defaultValue !== undefined && (required || optional) ? String(defaultValue) : undefined);
  const notes = [
    ...(condition ? [condition] : []),
    ...(argChoices ? [`one of ${argChoices.join(', ')}`] : []),
    ...(value === undefined ? [] : [`default: ${value}`]),
  ];
  return notes.length > 0 ? `${text} (${notes.join('; ')})` : text;
}

const notes = new WeakMap<Command, string>();

/** Adds paragraphs after the options. */
export function addNotes(command: Command, text: string): Command {
  notes.set(command, text);
  return command.addHelpText('after', text);
}

/** Returns the paragraphs that follow a command's options. */
export function notesOf(command: Command): string {
  return notes.get(command) ?? '';
}
