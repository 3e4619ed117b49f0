import type { Command } from 'commander';
import { silenceTensorflow, threadsOption } from '../engine';
import { type CommonOptions, defineCommand } from '../options';
import { formatRows, style, Terminal } from '../terminal';

interface BackendCommandOptions extends CommonOptions {
  readonly threads?: number | 'auto';
}

export function backendCommand(): Command {
  return defineCommand('backend', 'list the engines, which of them load here, and which one is taken')
    .addOption(threadsOption())
    .action(runBackend);
}

async function runBackend({ threads, ...options }: BackendCommandOptions): Promise<void> {
  const terminal = new Terminal(options);
  await silenceTensorflow();
  const { listBackends } = await import('@ae/autoencoder');
  const backends = await listBackends({ threads });
  const chosen = backends.find(({ available }) => available)?.name;
  terminal.event({ auto: chosen ?? null, backends });
  const rows = backends.map(({ name, available, description, reason }): [string, string] => {
    if (!available) return [name, `not available: ${(reason ?? '').split('\n')[0].replace(/^\[[a-z-]+\] /, '')}`];
    return [name, `${description}${name === chosen ? style('green', '  <- auto takes this') : ''}`];
  });
  terminal.print('Engines, best first:');
  terminal.print(formatRows(rows));
}
