import { Argument, type Command } from 'commander';
import { bashCompletion } from '../reference/completion/bash';
import { fishCompletion } from '../reference/completion/fish';
import { powershellCompletion } from '../reference/completion/powershell';
import { zshCompletion } from '../reference/completion/zsh';
import { type CommandDescription, describeCommand } from '../reference/describe-command';
import { addNotes } from '../shell/help-layout';
import { defineCommand, parseChoice } from '../shell/options';

const shells: Readonly<Record<string, (program: CommandDescription) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
  powershell: powershellCompletion,
};

const howItIsUsed = `
Add the line for your shell to its startup file:
  ~/.bashrc     source <(ae completion bash)
  ~/.zshrc      source <(ae completion zsh)
  config.fish   ae completion fish | source
  $PROFILE      ae completion powershell | Out-String | iex`;

export function completionCommand(): Command {
  const names = Object.keys(shells);
  const command = defineCommand('completion', 'print the script that lets a shell complete ae commands and options')
    .addArgument(
      new Argument('<shell>', 'the shell that completes them')
        .choices(names)
        .argParser((text) => parseChoice('<shell>', text, names)),
    )
    .action((shell: string, _options: unknown, { parent }: Command) => {
      if (parent) process.stdout.write(shells[shell](describeCommand(parent)));
    });
  return addNotes(command, howItIsUsed);
}
