/** Shards of `ae test`: the scores of each image, which merge into the same totals to the last digit. */
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Evaluation, MaskMode } from '@ae/autoencoder';
import type { ImageScores } from '@ae/autoencoder/scores';
import { type FoundShard, shardNoteName } from '@ae/ground/shard-notes';
import type { Shard } from '@ae/ground/shards';
import type { LeftOut } from '../data/record-scan';
import { writeFolderOnce } from '../shell/output-folder';
import { type MadeShard, makeShard, shardError } from '../shell/shard-folder';
import type { Terminal } from '../shell/terminal';
import { type PairOptions, reconstructPairs, writePictures } from './image-pairs';
import type { LoadedNetwork } from './load-network';
import { networkSettings } from './network-shards';
import {
  evaluateAll,
  type SizeTables,
  sizeTables,
  type TestResults,
  tabulate,
  withoutInfinity,
  writeScores,
} from './scores';

/** What a shard of `ae test` contains besides the scores of its images. */
export interface ScoredPart {
  readonly model: string;
  readonly data: string;
  readonly engine: string;
  /** Number of images in all shards, and in this one. */
  readonly count: number;
  readonly scored: number;
  /** The network's white is 255 times this. */
  readonly scale: number;
  readonly tables: SizeTables;
  readonly evaluations: readonly Pick<Evaluation, 'masks' | 'codeBits' | 'similarity'>[];
  readonly pictures: number;
  readonly leftOut: readonly LeftOut[];
}

export const scoreShards = 'test';

export interface ScoreOptions extends PairOptions {
  readonly shard: Shard;
  readonly lenient?: boolean;
  readonly all?: boolean;
  readonly extremes: number;
}

/** Scores the images of a shard, unless that has been done already. The first shard writes the pictures for all. */
export async function scoreShard(
  loaded: LoadedNetwork,
  { data, target }: { data: string; target: string },
  options: ScoreOptions,
  signal: AbortSignal,
  terminal: Terminal,
): Promise<MadeShard<ScoredPart>> {
  const { network, samples, model, engine } = loaded;
  const {
    shard,
    lenient,
    all = false,
    extremes,
    batchSize,
    nBatches,
    spread = false,
    format,
    columns,
    scale,
  } = options;
  const settings = {
    ...(await networkSettings(loaded, lenient)),
    ...{ 'all scores': all, extremes },
    pictures: `${nBatches} times ${batchSize} ${format}${spread ? ', spread' : ''}, ${columns} columns, scale ${scale}`,
  };
  return makeShard(target, { kind: scoreShards, shard, settings }, async (folder) => {
    const pairs = shard.index === 0 ? await reconstructPairs(network, samples, options) : [];
    if (pairs.length > 0) await writePictures(folder, pairs, options);
    const evaluations = await evaluateAll(network, samples, { similarity: all, shard, signal }, terminal);
    for (const { masks, images } of evaluations) await writeFile(fileOf(folder, masks), linesOf(images));
    return {
      ...{ model, data, engine, count: samples.length, scored: evaluations[0].count, scale: network.pixels.scale },
      tables: sizeTables(network, samples),
      evaluations: evaluations.map(({ masks, codeBits, similarity }) => ({ masks, codeBits, similarity })),
      ...{ pictures: pairs.length, leftOut: samples.leftOut },
    };
  });
}

export interface MergedScores {
  readonly evaluations: readonly Evaluation[];
  readonly results: TestResults;
  readonly pictures: number;
  readonly leftOut: readonly LeftOut[];
  /** They existed already, and nothing was done. */
  readonly wasComplete: boolean;
}

/** Merges the pictures and scores of shards, in order, with the same result as a single process. */
export async function mergeScores(shards: readonly FoundShard[], target: string): Promise<MergedScores> {
  const parts = shards as readonly FoundShard<ScoredPart>[];
  const [{ folder: firstFolder, note }] = parts;
  const { model, data, engine, count, scale, tables, evaluations: kinds, pictures, leftOut } = note.result;
  const { mergeEvaluations } = await import('@ae/autoencoder/scores');
  const evaluations: Evaluation[] = [];
  for (const kind of kinds) {
    const read = parts.map(async ({ folder }) => ({ ...kind, images: await readLines(folder, kind.masks) }));
    evaluations.push(mergeEvaluations(await Promise.all(read), { scale }));
  }
  const { all, extremes } = { all: note.settings['all scores'] === true, extremes: Number(note.settings.extremes) };
  const results = { ...{ model, data, engine, count }, ...(await tabulate(tables, { scale }, evaluations, extremes)) };
  const wasComplete = await writeFolderOnce(target, async (folder) => {
    for (const name of await readdir(firstFolder)) {
      if (isPicture(name)) await copyFile(path.join(firstFolder, name), path.join(folder, name));
    }
    await writeScores(folder, results, evaluations, all);
  });
  return { evaluations, results, pictures, leftOut, wasComplete };
}

function isPicture(name: string): boolean {
  return name !== shardNoteName && !name.endsWith('.jsonl');
}

function fileOf(folder: string, masks: MaskMode): string {
  return path.join(folder, `scores-${masks}.jsonl`);
}

function linesOf(images: readonly ImageScores[]): string {
  return images.map((image) => `${JSON.stringify(withoutInfinity(image))}\n`).join('');
}

const scoreNames = ['psnrDb', 'ssim', 'msSsim', 'mse', 'mae'] as const;

async function readLines(folder: string, masks: MaskMode): Promise<ImageScores[]> {
  const file = fileOf(folder, masks);
  try {
    const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
    return lines.map((line) => fromJson(JSON.parse(line)));
  } catch {
    throw shardError({ state: `${file} is missing or damaged`, todo: `delete ${folder} and create it again` }, folder);
  }
}

/** JSON has no infinity, and writes values that are not numbers as null. */
function fromJson(image: Record<string, unknown>): ImageScores {
  const scores = scoreNames.map((name) => [name, image[name] === null ? Number.NaN : Number(image[name])]);
  return { ...image, ...Object.fromEntries(scores) } as ImageScores;
}
