import type { BackendOptions, BackendStatus } from '@ae/autoencoder';
import type { Terminal } from '../shell/terminal';

/** How fast an engine trains, or why it was not measured. */
export interface EngineSpeed {
  readonly name: string;
  readonly imagesPerSecond?: number;
  readonly reason?: string;
}

/** Trains the mirror network on noise with each engine that loads here, one after the other. */
export async function benchEngines(
  backends: readonly BackendStatus[],
  options: BackendOptions,
  seconds: number,
  terminal: Terminal,
): Promise<EngineSpeed[]> {
  const { measureTraining } = await import('@ae/autoencoder/native');
  const { useBackend } = await import('@ae/autoencoder');
  const speeds: EngineSpeed[] = [];
  for (const { name, available } of backends) {
    if (!available) continue;
    if (name === 'cpu') {
      speeds.push({ name, reason: 'it is a reference, hundreds of times slower' });
      continue;
    }
    terminal.status(`training with ${name} ...`);
    await useBackend(name, options);
    speeds.push({ name, imagesPerSecond: await measureTraining(seconds) });
  }
  terminal.status('');
  return speeds;
}
