/** Images and their reconstructions, side by side, as files to look at. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Autoencoder } from '@ae/autoencoder';
import { drawGrid, encodePng } from '@ae/images/png';
import type { Sample } from '@ae/lmdb-datum';
import { spread } from '../data/record-order';
import type { SampleDatabase } from '../data/sample-database';

/** One image and its reconstruction; `name` follows the original script's numbering, from 1_1. */
export interface Pair {
  readonly name: string;
  readonly input: Sample;
  readonly output: Sample;
}

export interface PairOptions {
  readonly batchSize: number;
  readonly nBatches: number;
  readonly spread?: boolean;
  readonly format: 'png' | 'jpg';
  readonly columns: number;
  readonly scale: number;
}

/** Reconstructs the images to write, one batch at a time. */
export async function reconstructPairs(
  network: Autoencoder,
  samples: SampleDatabase,
  options: PairOptions,
): Promise<Pair[]> {
  const { batchSize, nBatches } = options;
  const wanted = batchSize * nBatches;
  const indices = options.spread ? spread(samples.length, wanted) : spread(Math.min(wanted, samples.length), wanted);
  const pairs: Pair[] = [];
  for (let start = 0; start < indices.length; start += batchSize) {
    const inputs: Sample[] = [];
    for (const index of indices.slice(start, start + batchSize)) inputs.push((await samples.at(index)) as Sample);
    const outputs = await network.reconstruct(inputs);
    const batch = start / batchSize + 1;
    inputs.forEach((input, j) => {
      pairs.push({ name: `${batch}_${j + 1}`, input, output: outputs[j] });
    });
  }
  return pairs;
}

/**
 * Converts a sample to what an image file can hold: floats are rounded to bytes, and of samples without colors the first channel is drawn
 * in gray.
 */
function asImage(sample: Sample): Sample {
  const { height, width, data } = sample;
  const channels = sample.channels === 3 || sample.channels === 4 ? sample.channels : 1;
  const bytes = Uint8ClampedArray.from(data.subarray(0, channels * height * width));
  return { ...sample, channels, data: new Uint8Array(bytes.buffer) };
}

/** Writes images and a grid of them to a folder. */
export async function writePictures(
  folder: string,
  pairs: readonly Pair[],
  { format, columns, scale }: PairOptions,
): Promise<void> {
  const { encodeSample } = await import('@ae/lmdb-datum');
  const type = format === 'jpg' ? 'jpeg' : format;
  for (const { name, input, output } of pairs) {
    await writeFile(path.join(folder, `input_${name}.${format}`), await encodeSample(asImage(input), type));
    await writeFile(path.join(folder, `output_${name}.${format}`), await encodeSample(asImage(output), type));
  }
  const groups = Array.from({ length: Math.ceil(pairs.length / columns) }, (_, i) => {
    const group = pairs.slice(i * columns, (i + 1) * columns);
    return [group.map(({ input }) => input), group.map(({ output }) => output)];
  });
  await writeFile(path.join(folder, 'grid.png'), encodePng(drawGrid(groups, { scale })));
}
