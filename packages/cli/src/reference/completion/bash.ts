import { allCommands, type CommandDescription, type OptionDescription } from '../describe-command';
import type { Values } from '../values';

/** Returns the script that completes the command in Bash 3.2 and newer. */
export function bashCompletion(program: CommandDescription): string {
  const groups = program.commands.filter(({ commands }) => commands.length > 0);
  return `# Completes ae in Bash: source <(ae completion bash)
_ae_reply() {
  local IFS=$'\\n'
  if [[ $1 == path ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$cur"))
  else
    COMPREPLY=($(IFS=' '; compgen -W "$2" -- "$cur"))
  fi
}

_ae() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD - 1]}" command="\${COMP_WORDS[1]}"
  local options="" commands=""
  COMPREPLY=()
  if [[ $cur == "=" ]]; then
    cur=""
  elif [[ $prev == "=" ]]; then
    prev="\${COMP_WORDS[COMP_CWORD - 2]}"
  fi
  if ((COMP_CWORD == 1)); then
    _ae_reply words "${[...program.commands.map(({ name }) => name), ...optionNames(program)].join(' ')}"
    return
  fi
  if ((COMP_CWORD > 2)); then
    case "$command \${COMP_WORDS[2]}" in
${groups.map((group) => `      ${group.commands.map(({ name }) => `"${name}"`).join(' | ')}) command+=" \${COMP_WORDS[2]}" ;;`).join('\n')}
    esac
  fi
  case "$command" in
${allCommands(program)
  .map((command) => caseOf(command, program))
  .join('\n')}
    *) return ;;
  esac
  if [[ $cur == -* ]]; then
    _ae_reply words "$options"
  elif [[ $commands == path ]]; then
    _ae_reply path
  else
    _ae_reply words "$commands"
  fi
}

complete -F _ae ae
`;
}

function optionNames({ options }: CommandDescription): string[] {
  return options.flatMap(({ names }) => names);
}

function caseOf(command: CommandDescription, program: CommandDescription): string {
  const taking = command.options.filter(({ values }) => values !== undefined);
  const kinds = new Map<string, string[]>();
  for (const option of taking) {
    const reply = replyOf(option);
    kinds.set(reply, [...(kinds.get(reply) ?? []), ...option.names]);
  }
  const cases = [...kinds].map(([reply, names]) => `        ${names.join(' | ')}) ${reply} ;;`);
  return `    "${command.name}")
      case "$prev" in
${cases.join('\n')}
      esac
      options="${optionNames(command).join(' ')}"
      commands="${argumentsOf(command, program)}"
      ;;`.replace('      case "$prev" in\n\n      esac\n', '');
}

/** An optional value may also be followed by another option. */
function replyOf({ values, isOptional }: OptionDescription): string {
  const reply = values?.kind === 'words' ? `_ae_reply words "${values.words.join(' ')}"` : replyToText(values);
  return isOptional ? `if [[ $cur != -* ]]; then ${reply}; return; fi` : `${reply}; return`;
}

function replyToText(values: Values | undefined): string {
  return values?.kind === 'path' ? '_ae_reply path' : ':';
}

/** What can follow a command: subcommands, words, or `path`. */
function argumentsOf({ name, commands, arguments: all }: CommandDescription, program: CommandDescription): string {
  if (name === 'help') return program.commands.map((command) => command.name).join(' ');
  if (commands.length > 0) return commands.map((command) => command.name.split(' ').at(-1)).join(' ');
  if (all.some(({ values }) => values.kind === 'path')) return 'path';
  return all.flatMap(({ values }) => (values.kind === 'words' ? values.words : [])).join(' ');
}
