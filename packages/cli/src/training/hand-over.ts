import path from 'node:path';
import type { Autoencoder, RunOptions, TrainOptions } from '@ae/autoencoder';
import { quote } from '../shell/command-line';
import { interruptible } from '../shell/interruption';
import { claimFolder, fillFolder } from '../shell/output-folder';
import type { Terminal } from '../shell/terminal';
import { lmdbPlaces } from './torch-data';
import type { TrainingData } from './training-data';

/** Writes everything that other machines need for training, as a folder that appears complete or not at all. */
export async function writeHandOver(
  place: string,
  network: Autoencoder,
  data: TrainingData,
  options: Omit<TrainOptions, 'run'> & { readonly run: Omit<RunOptions, 'folder'> },
  terminal: Terminal,
): Promise<void> {
  const { handOver } = await import('@ae/autoencoder/torchrun');
  const places = lmdbPlaces(data);
  const folder = await claimFolder(place);
  let isDone = false;
  const work = (signal: AbortSignal) =>
    fillFolder(folder, async (temporary) => {
      terminal.status('writing the network, the recipe and the first losses ...');
      const run = { ...options.run, folder: path.join(temporary, 'run') };
      const elsewhere = handOver({ network: () => network, ...places, folder: temporary });
      await network.train(data.samples, { ...options, run, elsewhere, signal });
      terminal.status('');
      isDone = true;
    });
  try {
    await interruptible(terminal, 'stopped before the training was handed over; nothing was saved.', work, folder);
  } finally {
    network.dispose();
  }
  if (isDone) tell(place, terminal);
}

/** Says where the training was handed over to, and how to continue. */
function tell(folder: string, terminal: Terminal): void {
  const run = path.join(folder, 'run');
  terminal.event({ event: 'handedOver', folder, run });
  terminal.print(`handed over to ${folder}; its README says how and where to train it`);
  terminal.print(`once it is trained and copied back: ae train --resume ${quote(run)}`);
}
