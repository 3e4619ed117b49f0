import { Argument, type Command } from 'commander';
import { version } from '../../package.json';
import { describeCommand } from '../reference/describe-command';
import { manPage } from '../reference/man-page';
import { markdownPage } from '../reference/markdown-page';
import { defineCommand, parseChoice } from '../shell/options';

const forms = ['man', 'markdown'];

export function referenceCommand(): Command {
  return defineCommand('reference', 'print all commands and options, as a manual page or in Markdown')
    .addArgument(
      new Argument('<form>', 'man (read it with man -l -) or markdown')
        .choices(forms)
        .argParser((text) => parseChoice('<form>', text, forms)),
    )
    .action((form: string, _options: unknown, { parent }: Command) => {
      if (!parent) return;
      const program = describeCommand(parent);
      process.stdout.write(form === 'man' ? manPage(program, version) : markdownPage(program));
    });
}
