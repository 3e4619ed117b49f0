import type { BackendStatus } from '@ae/autoencoder';
import type { Command } from 'commander';
import { silenceTensorflow, threadsOption } from '../engine';
import { benchEngines, type EngineSpeed } from '../engine-bench';
import { type CommonOptions, defineCommand, numberOption } from '../options';
import { formatCount, formatRows, style, Terminal } from '../terminal';

interface BackendCommandOptions extends CommonOptions {
  readonly threads?: number | 'auto';
  readonly bench?: true | number;
}

const benchSeconds = 3;

export function backendCommand(): Command {
  return defineCommand('backend', 'list the engines, which of them load here, and which one is taken')
    .addOption(threadsOption())
    .addOption(
      numberOption('--bench [seconds]', `train on each for a while (${benchSeconds}) and say how fast`, {
        min: 0,
        above: true,
        max: 600,
      }),
    )
    .action(runBackend);
}

async function runBackend({ threads, bench, ...options }: BackendCommandOptions): Promise<void> {
  const terminal = new Terminal(options);
  await silenceTensorflow();
  const { listBackends } = await import('@ae/autoencoder');
  const backends = await listBackends({ threads });
  const auto = backends.find(({ eligible }) => eligible)?.name;
  const seconds = bench === true ? benchSeconds : bench;
  const speeds = seconds === undefined ? undefined : await benchEngines(backends, { threads, seconds }, terminal);
  terminal.event({ auto: auto ?? null, backends, bench: speeds });
  terminal.print('Engines, best first:');
  terminal.print(formatRows(backends.flatMap((status) => describe(status, auto))));
  if (speeds) {
    terminal.print('Training the mirror network on 64x64 colour images, 32 an update:');
    terminal.print(formatRows(speeds.map(describeSpeed)));
  }
}

function describe({ name, available, description, reason }: BackendStatus, auto?: string): [string, string][] {
  const why = (reason ?? '').split('\n')[0].replace(/^\[[a-z-]+\] /, '');
  if (!available) return [[name, `not available: ${why}`]];
  const row: [string, string] = [name, `${description}${name === auto ? style('green', '  <- auto takes this') : ''}`];
  return why ? [row, ['', why]] : [row];
}

function describeSpeed({ name, imagesPerSecond, reason }: EngineSpeed): [string, string] {
  if (imagesPerSecond === undefined) return [name, `not measured: ${reason}`];
  return [name, `${formatCount(Math.round(imagesPerSecond))} images/s`];
}
