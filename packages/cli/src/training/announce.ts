import type { Autoencoder } from '@ae/autoencoder';
import { formatCount, formatNumberOf, style, type Terminal } from '../shell/terminal';
import type { TrainingData } from './training-data';

export interface EngineInWords {
  readonly words: string;
  /** What would make it faster. */
  readonly advice?: string;
}

/** Says what is going to be trained, on which images, and by which engine. */
export function announce(
  network: Autoencoder,
  {
    preset,
    from,
    codeSize: wanted,
  }: { readonly preset?: unknown; readonly from?: string; readonly codeSize?: unknown },
  epochs: number,
  { samples, validation }: TrainingData,
  { words: engine, advice }: EngineInWords,
  terminal: Terminal,
): void {
  const { codeSize, inputShape } = network;
  // The code has equally many numbers for each block of an image, so not every size is possible.
  const isOther = typeof wanted === 'number' && wanted !== codeSize;
  const nearest = isOther ? ` (the closest possible to ${formatCount(wanted)})` : '';
  const description = {
    images: `${formatNumberOf(samples.length, 'image')}${validation ? `, ${formatCount(validation.length)} for validation` : ''}`,
    network: `${preset ?? `from ${from}`}, code of ${formatCount(codeSize)}${nearest}, ${formatCount(network.model.countParams())} weights`,
    engine,
  };
  terminal.event({
    event: 'start',
    ...description,
    advice,
    epochs,
    preset,
    from,
    codeSize,
    ...(isOther && { codeSizeWanted: wanted }),
    inputShape,
  });
  terminal.print(style('dim', Object.values(description).join(' - ')));
  if (advice) terminal.print(style('dim', advice));
}

const fewImages = 20;

/** Warns if there are so few images that a network memorizes them. */
export function warnOfFew({ path: place, length: count }: TrainingData['samples'], terminal: Terminal): void {
  if (count >= fewImages) return;
  const [what, them] = count === 1 ? ['one image is', 'it'] : [`${count} images are`, 'them'];
  const why = `the network memorizes ${them} and reconstructs other images poorly`;
  terminal.warn(`${place}: ${what} too few to train on: ${why}; use at least a few hundred.`);
}
