/** The manual page, in the man macros that every man program supports. */
import { allCommands, type CommandDescription, type OptionDescription } from './describe-command';

/** Returns ae.1. */
export function manPage(program: CommandDescription, version: string): string {
  const commands = allCommands(program);
  const shared = sharedOptions(commands);
  return [
    `.TH AE 1 "" "@ae/cli ${roff(version)}" "User commands"`,
    '.SH NAME',
    `ae \\- ${roff(lowered(program.help))}`,
    '.SH SYNOPSIS',
    `.B ae`,
    '.I command',
    '[options]',
    '.SH OPTIONS OF EVERY COMMAND',
    ...shared.map(optionLines),
    ...commands.flatMap((command) => commandLines(command)),
    '.SH EXAMPLES',
    ...noteLines(program.notes),
    '',
  ]
    .flat()
    .join('\n');
}

/** Returns the options that all commands share. */
export function sharedOptions(commands: readonly CommandDescription[]): readonly OptionDescription[] {
  return commands[0].options.filter(({ heading }) => heading === 'Every command:');
}

/** Returns the options of a single command, by heading. */
export function ownOptions({ options }: CommandDescription): ReadonlyMap<string, readonly OptionDescription[]> {
  const own = options.filter(({ heading }) => heading !== 'Every command:');
  const headings = [...new Set(own.map(({ heading }) => heading))];
  return new Map(
    headings.map((heading) => [heading.replace(/:$/, ''), own.filter((option) => option.heading === heading)]),
  );
}

function commandLines(command: CommandDescription): string[] {
  return [
    `.SH AE ${command.name.toUpperCase()}`,
    `.B ${roff(command.usage)}`,
    '.PP',
    roff(command.help),
    ...command.arguments.flatMap(({ name, help }) => ['.TP', `.I ${roff(name)}`, roff(help)]),
    ...[...ownOptions(command)].flatMap(([heading, options]) => [
      `.SS ${roff(heading)}`,
      ...options.flatMap(optionLines),
    ]),
    ...noteLines(command.notes),
  ];
}

function optionLines({ flags, help, accepts }: OptionDescription): string[] {
  return ['.TP', `.B ${roff(flags)}`, roff(`${help}${accepts ? `; ${accepts}` : ''}`)];
}

/** Indented lines stay as they are; all others form paragraphs. */
function noteLines(notes: string): string[] {
  const blocks = notes.trim().split(/\n(?=\n| {2})|(?<=\n {2}.*)\n(?! )/);
  return blocks.flatMap((block) => {
    const lines = block.split('\n').filter((line) => line !== '');
    if (!block.startsWith('  ')) return ['.PP', ...lines.map(roff)];
    return ['.nf', ...lines.map((line) => `  ${roff(line.trim())}`), '.fi'];
  });
}

function lowered(sentence: string): string {
  return `${sentence.charAt(0).toLowerCase()}${sentence.slice(1).replace(/\.$/, '')}`;
}

/** Escapes text for roff: backslashes and hyphens are literal, and no line begins with a request. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('"', '\\(dq')
    .replace(/^([.'])/, '\\&$1');
}
