import type { BackendStatus } from '@ae/autoencoder';
import type { Command } from 'commander';
import { engineSettings, silenceTensorflow, threadsOption } from '../network/engine';
import { benchEngines, type EngineSpeed } from '../network/engine-bench';
import { nodeAdvice } from '../network/node-advice';
import { type CommonOptions, defineCommand, numberOption } from '../shell/options';
import { formatCount, formatNumberOf, formatRows, style, Terminal } from '../shell/terminal';
import { backendInstallCommand, backendRemoveCommand } from './backend-install';

interface BackendCommandOptions extends CommonOptions {
  readonly threads?: number | 'auto';
  readonly bench?: true | number;
}

const benchSeconds = 3;

export function backendCommand(): Command {
  return defineCommand('backend', 'list the engines, which of them load here, and which one auto chooses')
    .addOption(threadsOption())
    .addOption(
      numberOption(
        '--bench [seconds]',
        `train on each engine for a few seconds (default: ${benchSeconds}) and report its speed`,
        {
          min: 0,
          exclusiveMin: true,
          max: 600,
        },
      ),
    )
    .enablePositionalOptions()
    .addCommand(backendInstallCommand())
    .addCommand(backendRemoveCommand())
    .action(runBackend);
}

async function runBackend({ threads, bench, ...options }: BackendCommandOptions): Promise<void> {
  const terminal = new Terminal(options);
  const engineOptions = engineSettings({ threads });
  await silenceTensorflow();
  const { listBackends } = await import('@ae/autoencoder');
  const backends = await listBackends(engineOptions);
  const auto = backends.find(({ eligible }) => eligible)?.name;
  const seconds = bench === true ? benchSeconds : bench;
  const speeds = seconds === undefined ? undefined : await benchEngines(backends, engineOptions, seconds, terminal);
  const advice = auto && nodeAdvice({ name: auto });
  terminal.event({ auto: auto ?? null, advice, backends, bench: speeds });
  terminal.print('Engines, best first:');
  terminal.print(formatRows(backends.flatMap((status) => describe(status, auto))));
  if (advice) terminal.print(advice);
  if (speeds) {
    terminal.print('Training the mirror network on 64x64 color images, 32 per update:');
    terminal.print(formatRows(speeds.map(describeSpeed)));
  }
}

function describe(status: BackendStatus, auto?: string): [string, string][] {
  const { name, available, installed, description, device, threads, version, reason } = status;
  if (!available) return [[name, installed ? `does not load: ${reason}` : (reason ?? '')]];
  const row: [string, string] = [name, `${description}${name === auto ? style('green', '  <- chosen by auto') : ''}`];
  const facts = [device, threads && formatNumberOf(threads, 'thread'), version].filter(Boolean).join(', ');
  return [row, ...[facts, reason].filter(Boolean).map((line): [string, string] => ['', line ?? ''])];
}

function describeSpeed({ name, imagesPerSecond, reason }: EngineSpeed): [string, string] {
  if (imagesPerSecond === undefined) return [name, `not measured: ${reason}`];
  return [name, `${formatCount(Math.round(imagesPerSecond))} images/s`];
}
