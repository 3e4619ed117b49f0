import type { CommandDescription, OptionDescription } from '../describe-command';
import type { Values } from '../values';

/** Returns the script that completes the command in Zsh, to be sourced or saved as _ae in a folder of $fpath. */
export function zshCompletion(program: CommandDescription): string {
  return `#compdef ae
# Completes ae in Zsh: source <(ae completion zsh)
${functionOf(program, program)}
if [[ $funcstack[1] == _ae ]]; then
  _ae "$@"
else
  compdef _ae ae
fi
`;
}

/** A function for each command; those of its subcommands come first. */
function functionOf(command: CommandDescription, program: CommandDescription): string {
  const { commands, options } = command;
  const below = commands.map((child) => functionOf(child, program));
  const specs = options.flatMap(optionSpecs);
  if (commands.length === 0) {
    const all = [...specs, ...argumentSpecs(command, program)];
    return `${nameOf(command)}() {\n  _arguments -S ${all.join(' \\\n    ')}\n}`;
  }
  const list = commands.map(({ name, help }) => quote(`${lastWord(name)}:${help.replace(/\.$/, '')}`));
  const cases = commands.map((child) => `      ${lastWord(child.name)}) ${nameOf(child)} ;;`);
  return `${below.join('\n\n')}

${nameOf(command)}() {
  local state line
  local -a commands=(
    ${list.join('\n    ')}
  )
  _arguments -C ${specs.join(' \\\n    ')} \\
    '1: :->command' '*:: :->rest'
  case $state in
    command) _describe -t commands command commands ;;
    rest) case $words[1] in
${cases.join('\n')}
    esac ;;
  esac
}`;
}

function nameOf({ name }: CommandDescription): string {
  return name ? `_ae_${name.replace(/\W/g, '_')}` : '_ae';
}

function lastWord(name: string): string {
  return name.replace(/.* /, '');
}

/** One spec per name: an option can be given by only one of its names. */
function optionSpecs({ names, help, placeholder, values, isOptional, isRepeatable }: OptionDescription): string[] {
  const others = isRepeatable ? '*' : `(${names.join(' ')})`;
  const value = values ? `${isOptional ? '::' : ':'}${escaped(placeholder ?? '')}:${actionOf(values)}` : '';
  return names.map((name) => quote(`${others}${name}${values ? suffixOf(name) : ''}[${escaped(help)}]${value}`));
}

/** A value follows as a separate word or after `=`; after a one-letter flag, directly. */
function suffixOf(name: string): string {
  return name.startsWith('--') ? '=' : '+';
}

function actionOf(values: Values): string {
  if (values.kind === 'path') return '_files';
  return values.kind === 'words' ? `(${values.words.join(' ')})` : ' ';
}

function argumentSpecs({ name, arguments: all }: CommandDescription, program: CommandDescription): string[] {
  if (name === 'help') return [quote(`1:command:(${program.commands.map((each) => each.name).join(' ')})`)];
  return all.map(({ name, isVariadic, values }, i) =>
    quote(`${isVariadic ? '*' : i + 1}:${escaped(name)}:${actionOf(values)}`),
  );
}

function escaped(text: string): string {
  return text.replace(/[\\:[\]]/g, '\\$&');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
