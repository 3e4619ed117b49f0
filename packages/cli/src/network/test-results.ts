import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Autoencoder, Evaluation, MaskMode, PixelFormat } from '@ae/autoencoder';
import type { ReportData } from '@ae/autoencoder/report';
import type { ImageScores } from '@ae/autoencoder/scores';
import type { Shard } from '@ae/ground/shards';
import { drawGrid, encodePng } from '@ae/images/png';
import type { Sample } from '@ae/lmdb-datum';
import { spread } from '../data/record-order';
import { formatSize, type SampleDatabase } from '../data/sample-database';
import {
  formatBar,
  formatBytes,
  formatCount,
  formatNumberOf,
  formatRows,
  style,
  type Terminal,
} from '../shell/terminal';

/** One image and what the network made of it; `name` is the original script's numbering, from 1_1. */
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

/** Reconstructs the images to write, a batch at a time. */
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

interface EvaluateAllOptions {
  /** SSIM with the other masks too. */
  readonly similarity: boolean;
  readonly shard?: Shard;
  readonly signal: AbortSignal;
}

/** Scores all images, or those of a shard, with each kind of masks, for they tell the decoder a good part of an image. */
export async function evaluateAll(
  network: Autoencoder,
  samples: SampleDatabase,
  { similarity, shard, signal }: EvaluateAllOptions,
  terminal: Terminal,
): Promise<Evaluation[]> {
  const modes = modesOf(network, samples);
  const evaluations: Evaluation[] = [];
  for (const masks of modes) {
    const onProgress = (done: number, total: number) =>
      terminal.status(
        `scoring${modes.length > 1 ? `, ${masks} masks` : ''} ${formatBar(done / total)} ${formatCount(done)}/${formatCount(total)}`,
      );
    evaluations.push(
      await network.evaluate(samples, { masks, similarity: similarity || masks === 'own', shard, signal, onProgress }),
    );
  }
  terminal.status('');
  return evaluations;
}

/** The masks that make a difference; of a network without any, there is one way to decode. */
function modesOf({ sizes }: Autoencoder, { length }: SampleDatabase): MaskMode[] {
  if (sizes.maskBytes === 0) return ['own'];
  return length > 1 ? ['own', 'fixed', 'other'] : ['own', 'fixed'];
}

/** Leaves out SSIM and MS-SSIM with other masks than an image's own, which only a report has computed. */
export function withoutOtherSimilarity(evaluations: readonly Evaluation[]): Evaluation[] {
  const without = (evaluation: Evaluation) => ({ ...evaluation, ssim: Number.NaN, msSsim: Number.NaN });
  return evaluations.map((evaluation) => (evaluation.masks === 'own' ? evaluation : without(evaluation)));
}

/** The means, without each image's scores; SSIM is NaN, which JSON writes as null, where it was not computed. */
function summaryOf({ psnrDb, pooledPsnrDb, perfect, ssim, msSsim, mse, mae }: Evaluation) {
  return { psnrDb, pooledPsnrDb, perfect, ssim, msSsim, mse, mae };
}

/** What scores.json holds of sizes, which are known without scores. */
export function sizeTables(network: Autoencoder, samples: SampleDatabase) {
  return {
    sizes: meanSizes(network, samples),
    ...(network.takesAnySize && { imageSizes: imageSizesOf(network, samples) }),
  };
}

export type SizeTables = ReturnType<typeof sizeTables>;

/** What scores.json holds of sizes and evaluations, of which the one with the images' own masks is the first. */
export async function tabulate(
  tables: SizeTables,
  pixels: Pick<PixelFormat, 'scale'>,
  evaluations: readonly Evaluation[],
  extremes: number,
) {
  const { bestImages, scoresByClass, worstImages } = await import('@ae/autoencoder/scores');
  const [own] = evaluations;
  return {
    ...tables,
    masks: Object.fromEntries(evaluations.map((evaluation) => [evaluation.masks, summaryOf(evaluation)])),
    classes: scoresByClass(own, pixels),
    worst: worstImages(own.images, extremes),
    best: bestImages(own.images, extremes),
  };
}

/** What an image, its code and its masks take on average, rounded. */
function meanSizes(network: Autoencoder, { sizes }: SampleDatabase) {
  const count = sizes.reduce((sum, size) => sum + size.count, 0);
  const mean = (key: 'imageBytes' | 'codeNumbers' | 'codeBytes' | 'maskBytes') =>
    Math.round(
      sizes.reduce((sum, size) => sum + size.count * network.sizesOf([size.height, size.width])[key], 0) / count,
    );
  return {
    imageBytes: mean('imageBytes'),
    codeNumbers: mean('codeNumbers'),
    codeBytes: mean('codeBytes'),
    maskBytes: mean('maskBytes'),
  };
}

/** The sizes of images, how many have each, and the numbers of their codes. */
function imageSizesOf(network: Autoencoder, { sizes }: SampleDatabase) {
  return sizes.map(({ channels, height, width, count }) => {
    const { codeShape, codeNumbers } = network.sizesOf([height, width]);
    return { channels, height, width, count, codeShape, codeNumbers };
  });
}

export type ScoreTables = Awaited<ReturnType<typeof tabulate>>;

/** What `ae test` found. */
export interface TestResults extends ScoreTables {
  readonly model: string;
  readonly data: string;
  readonly engine: string;
  readonly count: number;
  readonly baselines?: ReportData['comparison'];
}

/** Makes of a sample what an image file can hold: floats rounded to bytes, and of what has no colors the first channel, as gray. */
function asImage(sample: Sample): Sample {
  const { height, width, data } = sample;
  const channels = sample.channels === 3 || sample.channels === 4 ? sample.channels : 1;
  const bytes = Uint8ClampedArray.from(data.subarray(0, channels * height * width));
  return { ...sample, channels, data: new Uint8Array(bytes.buffer) };
}

/** Writes images and their grid into a folder. */
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

/** Writes scores into a folder; with `all` of each image with all masks. */
export async function writeScores(
  folder: string,
  results: TestResults,
  evaluations: readonly Evaluation[],
  all = false,
): Promise<void> {
  await writeFile(path.join(folder, 'scores.json'), `${JSON.stringify(withoutInfinity(results), null, 2)}\n`);
  const { scoresToCsv } = await import('@ae/autoencoder/scores');
  for (const { masks, images } of all ? evaluations : evaluations.slice(0, 1)) {
    const name = masks === 'own' ? 'scores.csv' : `scores-${masks}.csv`;
    await writeFile(path.join(folder, name), scoresToCsv(images));
  }
}

const masksInWords: Record<MaskMode, string> = {
  own: "with each image's own masks, which carry a part of it beside the code",
  fixed: 'with masks that carry nothing: what the code alone holds',
  other: 'with the masks of another image',
};

const classesShown = 10;
const sizesShown = 4;
const extremesShown = 3;

/** Prints the scores; `trainedOn` says that the images are those that the network was trained on and PCA fitted to. */
export function printResults(
  terminal: Terminal,
  evaluations: readonly Evaluation[],
  results: TestResults,
  trainedOn = false,
): void {
  const [own] = evaluations;
  const { sizes, imageSizes = [], classes, worst, best, baselines } = results;
  const hasMasks = sizes.maskBytes > 0;
  const rows: [string, string][] = [
    ['images', `${formatCount(own.count)}, MSE ${own.mse.toFixed(6)}, MAE ${own.mae.toFixed(6)}`],
    ...evaluations.map(({ masks, psnrDb, pooledPsnrDb, perfect, ...scores }, i): [string, string] => [
      i === 0 ? 'PSNR' : '',
      `${formatDb(psnrDb)} dB (${formatDb(pooledPsnrDb)} pooled${perfect > 0 ? `, ${perfect} perfect` : ''})${withSimilarity(scores, hasMasks ? masksInWords[masks] : '')}`,
    ]),
    ...imageSizes
      .slice(0, sizesShown)
      .map((size, i): [string, string] => [
        i === 0 ? 'sizes' : '',
        `${formatSize(size)}${imageSizes.length > 1 ? ` (${formatNumberOf(size.count, 'image')})` : ''}: code of ${size.codeShape.join('x')}, ${formatNumberOf(size.codeNumbers, 'number')}`,
      ]),
    ...(imageSizes.length > sizesShown
      ? [['', `and ${formatCount(imageSizes.length - sizesShown)} more, which scores.json lists`] as [string, string]]
      : []),
    [
      'bytes',
      `${formatCount(sizes.codeBytes)} code, ${hasMasks ? `${formatCount(sizes.maskBytes)} masks, ` : ''}${formatCount(sizes.imageBytes)} image${imageSizes.length > 1 ? ', on average' : ''}`,
    ],
    ['worst', worst.slice(0, extremesShown).map(nameImage).join(', ')],
    ['best', best.slice(0, extremesShown).map(nameImage).join(', ')],
  ];
  if (classes.length > 1) {
    for (const [i, { label, count, psnrDb }] of classes.slice(0, classesShown).entries()) {
      const name = label === undefined ? 'no label' : `class ${label}`;
      rows.push([i === 0 ? 'by class' : '', `${name}: ${psnrDb.toFixed(2)} dB, ${formatNumberOf(count, 'image')}`]);
    }
    if (classes.length > classesShown) {
      rows.push(['', `and ${formatCount(classes.length - classesShown)} more, which scores.json lists`]);
    }
  }
  terminal.print(formatRows(rows));
  if (baselines) printBaselines(terminal, baselines, hasMasks);
  if (trainedOn)
    terminal.warn(
      `the network ${baselines?.pcaFittedOn === undefined ? 'has' : 'and PCA have'} seen these very images: such scores flatter.`,
    );
}

/** What follows a PSNR: the other scores where there are any, and whose masks it is with. */
function withSimilarity({ ssim, msSsim }: { ssim: number; msSsim: number }, masks: string): string {
  const scores = [
    ...(Number.isNaN(ssim) ? [] : [`SSIM ${ssim.toFixed(3)}`]),
    ...(Number.isNaN(msSsim) ? [] : [`MS-SSIM ${msSsim.toFixed(3)}`]),
  ];
  if (scores.length === 0) return masks && ` ${masks}`;
  return [...scores, masks]
    .filter((part) => part !== '')
    .map((part) => `, ${part}`)
    .join('');
}

function nameImage({ key, index, psnrDb }: ImageScores): string {
  return `${key ?? index} (${formatDb(psnrDb)} dB)`;
}

function formatDb(psnrDb: number): string {
  return Number.isFinite(psnrDb) ? psnrDb.toFixed(2) : '∞';
}

/** Returns the same values with the text "Infinity", which is what a perfect image's PSNR is called in JSON. */
export function withoutInfinity<T>(results: T): T {
  const named = (_key: string, value: unknown) => (value === Number.POSITIVE_INFINITY ? 'Infinity' : value);
  return JSON.parse(JSON.stringify(results, named)) as T;
}

const methodNames = { autoencoder: 'autoencoder', pca: 'PCA', jpeg: 'JPEG', thumbnail: 'thumbnail' } as const;

function printBaselines(
  terminal: Terminal,
  { groups, missing, pcaFittedOn, pcaMirrored }: NonNullable<ReportData['comparison']>,
  hasMasks: boolean,
): void {
  for (const { counted, codeBits, budgetBytes, rows } of groups) {
    const code = codeBits === 32 ? '' : `, ${codeBits} bits per number`;
    terminal.print(
      `at ${formatBytes(budgetBytes)} per image, as ${counted} take${counted === 'code' ? 's' : ''}${code}:`,
    );
    terminal.print(
      formatRows(
        rows.map(({ method, masks, components, size, summary }) => [
          methodNames[method] +
            (hasMasks && masks ? `, ${masks} masks` : '') +
            (components === undefined ? '' : `, ${formatNumberOf(components, 'number')}`) +
            (size ? ` of ${size.join('x')}` : ''),
          summary ? `${style('bold', summary.psnrDb.toFixed(2))} dB` : 'cannot be made so small',
        ]),
      ),
    );
  }
  if (pcaFittedOn !== undefined) {
    const mirrored = pcaMirrored ? ' and their mirror images' : '';
    terminal.print(`PCA is that of ${formatNumberOf(pcaFittedOn, 'training image')}${mirrored}`);
  }
  for (const reason of missing) terminal.print(`not compared: ${reason}`);
}
