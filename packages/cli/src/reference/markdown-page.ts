/** The page of all commands in the documentation. */
import { allCommands, type CommandDescription, type OptionDescription } from './describe-command';
import { ownOptions, sharedOptions } from './man-page';

/** Returns docs/commands.md. */
export function markdownPage(program: CommandDescription): string {
  const commands = allCommands(program);
  return `# The commands of ae

<!-- Made by \`npm run reference -w packages/cli\` from the definitions that parse the command line; change those. -->

${program.help}

${commands.map(({ name, help }) => `- [\`ae ${name}\`](#ae-${name.replaceAll(' ', '-')}): ${inCell(help)}`).join('\n')}

## Options of every command

${table(sharedOptions(commands))}

${commands.map(sectionOf).join('\n')}`;
}

function sectionOf(command: CommandDescription): string {
  const { name, usage, help, arguments: all, notes } = command;
  const options = [...ownOptions(command)].map(([heading, own]) => `${heading}:\n\n${table(own)}\n`);
  const places = all
    .filter(({ help }) => help)
    .map(({ name, help }) => `| \`${name}\` | ${inCell(help)} |\n`)
    .join('');
  return `## ae ${name}

\`${usage}\`

${inCell(help)}

${places && `| argument | what it is |\n| --- | --- |\n${places}\n`}${options.map((part) => `${part}\n`).join('')}${
  notes && `\`\`\`text\n${notes.trim()}\n\`\`\`\n`
}`;
}

function table(options: readonly OptionDescription[]): string {
  const rows = options.map(({ flags, help, accepts }) => `| \`${flags}\` | ${inCell(help)} | ${accepts ?? ''} |`);
  return `| option | what it does | numbers |\n| --- | --- | --- |\n${rows.join('\n')}`;
}

function inCell(text: string): string {
  return text.replace(/[|<>*_]/g, '\\$&');
}
