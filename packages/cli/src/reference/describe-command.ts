/** The command line as plain data, from which the manual, the page of commands and the shell completions are made. */
import type { Command, Option } from 'commander';
import { commandDescription, notesOf, optionDescription } from '../shell/help-layout';
import { FlagOption, rangeOrWords } from '../shell/options';
import { argumentValues, optionValues, placeholderOf, type Values } from './values';

export interface OptionDescription {
  /** `-e` and `--epochs` */
  readonly names: readonly string[];
  /** As in the help: `-e, --epochs <n>`. */
  readonly flags: string;
  readonly placeholder?: string;
  /** Its value is optional: `--bench [seconds]`. */
  readonly isOptional: boolean;
  readonly isRepeatable: boolean;
  readonly help: string;
  /** The numbers that it takes: "a whole number of at least 1". */
  readonly accepts?: string;
  /** Undefined for a switch. */
  readonly values?: Values;
  /** Its heading in the help. */
  readonly heading: string;
}

export interface ArgumentDescription {
  readonly name: string;
  readonly isVariadic: boolean;
  readonly help: string;
  readonly values: Values;
}

export interface CommandDescription {
  /** `train`, or `backend install`; empty for the program itself. */
  readonly name: string;
  /** `ae train [options] [images]` */
  readonly usage: string;
  readonly help: string;
  /** Its heading in the help. */
  readonly heading: string;
  readonly arguments: readonly ArgumentDescription[];
  readonly options: readonly OptionDescription[];
  /** Paragraphs after the options. */
  readonly notes: string;
  readonly commands: readonly CommandDescription[];
}

/** Describes a command and all its subcommands. */
export function describeCommand(command: Command, above?: string): CommandDescription {
  const helper = command.createHelp();
  const name = above === undefined ? '' : `${above}${command.name()}`;
  return {
    name,
    // Only the help command does not know the program.
    usage: helper.commandUsage(command).replace(/^(?!ae )/, name && 'ae '),
    help: commandDescription(command),
    heading: command.helpGroup(),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      isVariadic: argument.variadic,
      help: argument.description,
      values: argumentValues(argument),
    })),
    options: helper.visibleOptions(command).map(describeOption),
    notes: notesOf(command),
    commands: helper.visibleCommands(command).map((child) => describeCommand(child, name && `${name} `)),
  };
}

function describeOption(option: Option): OptionDescription {
  const { short, long, flags, optional, helpGroupHeading = 'Options:' } = option;
  const ranges = option instanceof FlagOption ? option.ranges : [];
  const last = ranges.at(-1);
  return {
    names: [short, long].filter((name) => name !== undefined),
    flags,
    placeholder: placeholderOf(option),
    isOptional: optional,
    isRepeatable: long === '--set',
    help: optionDescription(option),
    accepts: last && rangeOrWords(last),
    values: optionValues(option),
    heading: helpGroupHeading,
  };
}

/** Lists a program's commands and their subcommands, each group before its members. */
export function allCommands({ commands }: CommandDescription): CommandDescription[] {
  return commands.flatMap((command) => [command, ...allCommands(command)]);
}
