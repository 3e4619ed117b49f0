import { allCommands, type CommandDescription } from '../describe-command';

/**
 * Returns the script that completes the command in PowerShell 5 and newer. PowerShell completes paths itself if nothing else is offered.
 */
export function powershellCompletion(program: CommandDescription): string {
  return `# Completes ae in PowerShell: ae completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName ae -ScriptBlock {
  param($word, $ast, $cursor)
  $options = @{
${[program, ...allCommands(program)].map((command) => `    ${quote(command.name)} = ${list(namesOf(command))}`).join('\n')}
  }
  $next = @{
${[program, ...allCommands(program)].map((command) => `    ${quote(command.name)} = ${list(nextOf(command, program))}`).join('\n')}
  }
  $values = @{
${[program, ...allCommands(program)].flatMap(valuesOf).join('\n')}
  }
  $words = @($ast.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursor -or $word -eq '' } | ForEach-Object { $_.ToString() })
  $name = if ($words.Count -gt 1) { $words[1] } else { '' }
  if ($words.Count -gt 2 -and $options.ContainsKey("$name $($words[2])")) { $name = "$name $($words[2])" }
  if (-not $options.ContainsKey($name)) { return }
  $last = if ($words.Count -gt 1) { $words[-1] } else { '' }
  $offered = if ($values.ContainsKey("$name $last")) { $values["$name $last"] }
    elseif ($word -like '-*') { $options[$name] }
    else { $next[$name] }
  $offered | Where-Object { $_ -like "$word*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`;
}

function namesOf({ options }: CommandDescription): string[] {
  return options.flatMap(({ names }) => names);
}

/** The words that can follow a command. */
function nextOf({ name, commands, arguments: all }: CommandDescription, program: CommandDescription): string[] {
  if (name === 'help') return program.commands.map((command) => command.name);
  return [
    ...commands.map((command) => command.name.replace(/.* /, '')),
    ...all.flatMap(({ values }) => (values.kind === 'words' ? values.words : [])),
  ];
}

/** The words of options, by command and option. */
function valuesOf({ name, options }: CommandDescription): string[] {
  return options.flatMap(({ names, values }) =>
    names.flatMap((option) =>
      values?.kind === 'words' ? [`    ${quote(`${name} ${option}`)} = ${list(values.words)}`] : [],
    ),
  );
}

function list(words: readonly string[]): string {
  return `@(${words.map(quote).join(', ')})`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
