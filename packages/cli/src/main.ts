/** The `ae` command. */
import { inspect } from 'node:util';
import { type Command, CommanderError } from 'commander';
import { defineProgram } from './commands/program';
import { explain, printingFailed } from './shell/cli-error';
import { typedFor } from './shell/options';
import { printable, printableJson, rendered } from './shell/printable';
import { style } from './shell/terminal';

/** Runs the command line; an error is printed as one sentence on stderr, with exit code 1. */
async function main(program: Command, args: readonly string[]): Promise<void> {
  if (args.length === 0) {
    program.outputHelp();
    return;
  }
  try {
    const [first, asked] = args;
    if (first === 'help' && asked && !program.commands.some((command) => command.name() === asked)) {
      throw new CommanderError(1, 'commander.unknownCommand', `error: unknown command '${asked}'`);
    }
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    report(error, commandOf(program, args), args);
    process.exitCode = 1;
  }
}

/** Returns the command that the arguments select. */
function commandOf(program: Command, args: readonly string[]): Command {
  const [name, ...rest] = args;
  const command = program.commands.find((candidate) => candidate.name() === name);
  return command ? commandOf(command, rest) : program;
}

/** Returns the full name of a command: "ae backend install". */
function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}

function report(error: unknown, command: Command, args: readonly string[]): void {
  const { code, message } =
    error instanceof CommanderError ? explainUsage(error, fullName(command)) : describe(error, command);
  const line = args.includes('--json')
    ? printableJson({ event: 'error', code, message })
    : rendered(`${style('red', `${fullName(command)}:`, process.stderr)} ${message}`);
  process.stderr.write(`${line}\n`);
  if (args.includes('--verbose') && !(error instanceof CommanderError))
    process.stderr.write(`${printableLines(inspect(error))}\n`);
}

function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

function describe(error: unknown, command: Command): { code: string; message: string } {
  const { code, message, expected } = explain(error, (option) => typedFor(command, option));
  return { code, message: expected ? message : `${message} (unexpected; --verbose shows where it came from)` };
}

/** Turns commander's message into one sentence that ends in what to do. */
function explainUsage({ code, message }: CommanderError, command: string): { code: string; message: string } {
  const [, said, suggestion] = /^(?:error: )?(.*?)\.?(?:\s*\(Did you mean (.*)\?\))?$/s.exec(message) ?? ['', message];
  const sentence = said.replace(/\.?(: | )?Expected /, ', expected ');
  const advice = suggestion ? `did you mean ${suggestion}?` : `${command} --help shows the usage.`;
  return {
    code: `USAGE_${code.replace('commander.', '').replace(/[A-Z]/g, (letter) => `_${letter}`)}`.toUpperCase(),
    message: `${sentence}; ${advice}`,
  };
}

/** Defines the command that is named, and runs it. */
async function start(args: readonly string[]): Promise<void> {
  const program = await defineProgram(args[0]);
  // It is no error if the reader has seen enough (ae inspect ... | head).
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    report(printingFailed(error), commandOf(program, args), args);
    process.exit(1);
  });
  // There is nowhere left to report it, and the command itself may well succeed.
  process.stderr.on('error', () => {});
  await main(program, args);
}

/** Resolves when the command has finished. */
export const finished = start(process.argv.slice(2));
