/**
 * Checks the `ae` commands in the documentation: commands, arguments and flags exist. That those of the READMEs work is tested by
 * readme.slow.test.ts.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defineProgram } from '../src/commands/program';
import { allCommands, describeCommand } from '../src/reference/describe-command';
import { commandsIn, pagesOf, root } from './snippets/extract';

const commands = new Map(allCommands(describeCommand(await defineProgram())).map((command) => [command.name, command]));

/** Returns the command with the longest name that the words begin with, and the words after it. */
function commandOf(words: readonly string[]) {
  const two = words.slice(0, 2).join(' ');
  const name = commands.has(two) ? two : (words[0] ?? '');
  return { name, command: commands.get(name), rest: words.slice(name.split(' ').length) };
}

const shown = pagesOf().flatMap((page) =>
  commandsIn(readFileSync(`${root}${page}`, 'utf8')).map((line) => [page, line] as const),
);

describe('the commands that pages show', () => {
  it('are many', () => {
    expect(shown.length).toBeGreaterThan(40);
  });

  it.each(shown)('%s: %s', (_, line) => {
    const { command, rest } = commandOf(line.split(/\s+/).slice(1));
    expect(command, line).toBeDefined();
    const names = command?.options.flatMap((option) => option.names) ?? [];
    for (const word of rest.filter((one) => /^--?[a-z]/.test(one))) {
      expect([...names, '--json', '--verbose', '--version', '--help'], line).toContain(word.split('=')[0]);
    }
  });
});

describe('all commands', () => {
  it('are in the README, and in a page beside docs/commands.md', () => {
    const readme = readFileSync(`${root}packages/cli/README.md`, 'utf8');
    for (const name of commands.keys()) if (name !== '' && name !== 'help') expect(readme).toContain(`ae ${name}`);
  });
});
