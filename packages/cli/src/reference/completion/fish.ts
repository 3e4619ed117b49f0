import { allCommands, type CommandDescription, type OptionDescription } from '../describe-command';
import type { Values } from '../values';

/** Returns the script that completes the command in fish. */
export function fishCompletion(program: CommandDescription): string {
  const commands = allCommands(program);
  const nested = commands.map(({ name }) => name).filter((name) => name.includes(' '));
  return `# Completes ae in fish: ae completion fish | source
function __ae_at
  set -l words (commandline -opc)
  set -l name "$words[2]"
  if contains -- "$words[2] $words[3]" ${nested.map(quote).join(' ')}
    set name "$words[2] $words[3]"
  end
  test "$name" = "$argv[1]"
end

complete -c ae -f
${linesOf(program, program).join('\n')}
${commands.flatMap((command) => linesOf(command, program)).join('\n')}
`;
}

function linesOf(command: CommandDescription, program: CommandDescription): string[] {
  const start = `complete -c ae -n ${quote(`__ae_at ${quote(command.name)}`)}`;
  return [
    ...command.commands.map(({ name, help }) => `${start} -a ${name.replace(/.* /, '')} -d ${quote(help)}`),
    ...command.options.map((option) => `${start} ${optionOf(option)}`),
    ...argumentsOf(command, program).map((words) => `${start} ${words}`),
  ];
}

function optionOf({ names, help, values, isOptional }: OptionDescription): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  return [...flags, ...(values ? [takes(values, isOptional)] : []), `-d ${quote(help)}`].join(' ');
}

/** `-x` requires a value that is not a file, `-r -F` one that is. */
function takes(values: Values, isOptional: boolean): string {
  if (values.kind === 'path') return isOptional ? '-F' : '-r -F';
  const need = isOptional ? '-f' : '-x';
  return values.kind === 'words' ? `${need} -a ${quote(values.words.join(' '))}` : need;
}

function argumentsOf({ name, arguments: all }: CommandDescription, program: CommandDescription): string[] {
  if (name === 'help') return [`-a ${quote(program.commands.map((command) => command.name).join(' '))}`];
  const words = all.flatMap(({ values }) => (values.kind === 'words' ? values.words : []));
  return [
    ...(all.some(({ values }) => values.kind === 'path') ? ['-F'] : []),
    ...(words.length > 0 ? [`-a ${quote(words.join(' '))}`] : []),
  ];
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
