import type { Shape } from '@tensorflow/tfjs-layers';
import type { Autoencoder } from '../autoencoder/autoencoder';
import { checkSource, fetchSamples, type Sample, type SampleSource } from '../data/samples';
import { checkKeys, checkNumber } from '../errors/errors';
import type { Comparison } from '../evaluation/baselines/compare';
import type { Evaluation } from '../evaluation/evaluate';
import { KnownScores, spread } from '../evaluation/known-scores';
import { imageError, psnrDb } from '../evaluation/metrics/psnr';
import { bestImages, scoresByClass, worstImages } from '../evaluation/metrics/score-tables';
import type { ImageScores, ScoreSummary, Scores } from '../evaluation/metrics/scores';
import { checkAutoencoder } from '../interchange/check-autoencoder';
import type { MaskMode } from '../network/masks';
import { fingerprintOf } from '../run/data-fingerprint';
import { collectLatent } from './collect-latent';
import { collectRun } from './collect-run';
import { pickRandom } from './pick';
import { errorPicture, toPicture } from './pictures';
import type {
  MaskScores,
  ReportClass,
  ReportComparison,
  ReportData,
  ReportExample,
  ReportModel,
  ReportRun,
} from './report-data';

/** The images and the run that a report describes. */
export interface CollectReportOptions {
  /** The images to score, preferably not those the network was trained on. */
  readonly samples: SampleSource;
  /** Name of `samples`, such as the path of their database. */
  readonly samplesName?: string;
  /** The images it was trained on, to fit PCA to. */
  readonly trainingSamples?: SampleSource;
  /** The folder of the run that trained it. */
  readonly runFolder?: string;
  /** Default: the run's name, else "Autoencoder". */
  readonly title?: string;
  /** Maximum number of images to score, evenly spread. Default 2000. */
  readonly maxImages?: number;
  /** Compare with PCA, JPEG and thumbnails. Default true. */
  readonly baselines?: boolean;
  /** Evaluations of all `samples` by this network, including SSIM, which are then not computed again. */
  readonly evaluations?: readonly Evaluation[];
  readonly signal?: AbortSignal;
  /** Called when a stage begins. */
  readonly onStage?: (stage: string) => void;
}

const optionKeys = [
  ...['samples', 'samplesName', 'trainingSamples', 'runFolder', 'title'],
  ...['maxImages', 'baselines', 'evaluations', 'signal', 'onStage'],
];
const exampleCount = 16;
const extremeCount = 8;
/** Maximum number of images for the comparison with PCA, JPEG and thumbnails. */
const maxCompared = 250;

/** Scores a network and collects everything that `renderReport` shows. Throws the errors of `evaluate`, `compare` and reading a run. */
export async function collectReport(autoencoder: Autoencoder, options: CollectReportOptions): Promise<ReportData> {
  checkAutoencoder('collectReport', autoencoder);
  checkKeys('collectReport', options, optionKeys);
  const {
    samples,
    samplesName,
    trainingSamples,
    maxImages = 2000,
    runFolder,
    baselines = true,
    signal,
    onStage,
  } = options;
  checkSource('samples', samples);
  checkNumber('maxImages', maxImages, { min: 1, integer: true });
  const run = runFolder === undefined ? undefined : await collectRun(runFolder);
  const source = spread(samples, maxImages);
  const scores = await scoreMasks(autoencoder, source, options);
  const ownSize = autoencoder.inputShape.slice(0, 2);
  const size = autoencoder.takesAnySize ? await commonSize(source) : ownSize;
  // It is compared at the network's own size, and codes of several sizes do not form a table.
  const isOwn = String(size) === String(ownSize);
  const comparison = baselines && isOwn ? await compareWithBaselines(autoencoder, source, scores, options) : undefined;
  onStage?.('pictures');
  const collect = (indices: readonly number[], whole: boolean) =>
    collectExamples({ autoencoder, source, images: scores.own.images }, indices, whole);
  const indicesOf = (images: readonly ImageScores[]) => images.map(({ index }) => index);
  return {
    title: options.title ?? run?.name ?? 'Autoencoder',
    createdAt: new Date().toISOString(),
    model: describeModel(autoencoder),
    run,
    evaluated: { ...(await identify(samples, samplesName, run)), count: source.length },
    scores: mapScores(scores),
    classes: collectClasses(scores.own, autoencoder),
    examples: await collect(pickRandom(source.length, exampleCount), true),
    worst: await collect(indicesOf(worstImages(scores.own.images, extremeCount)), false),
    best: await collect(indicesOf(bestImages(scores.own.images, extremeCount)), false),
    comparison: comparison && slimComparison(comparison),
    latent: size && (await collectLatent(autoencoder, source, { trainingSamples, signal })),
  };
}

/** The common size of all images; undefined if they have several. */
async function commonSize(source: SampleSource): Promise<readonly number[] | undefined> {
  let size: readonly number[] | undefined;
  for (let i = 0; i < source.length; i++) {
    const { height, width } = (await source.at(i)) as Sample;
    size ??= [height, width];
    if (height !== size[0] || width !== size[1]) return undefined;
  }
  return size;
}

/** Finds out whether the images are those of the run, which then knows their name. */
async function identify(samples: SampleSource, name: string | undefined, run: ReportRun | undefined) {
  const { fingerprint, count } = await fingerprintOf(samples);
  const isSame = (data: ReportRun['train'] | undefined) => data?.fingerprint === fingerprint && data.count === count;
  const known = [run?.validation, run?.train].find(isSame);
  return { name: name ?? known?.name, trainedOn: isSame(run?.train), sourceCount: count, fingerprint };
}

function compareWithBaselines(
  autoencoder: Autoencoder,
  source: SampleSource,
  scores: ScoresByMasks,
  { trainingSamples, signal, onStage }: CollectReportOptions,
): Promise<Comparison> {
  const evaluations = Object.values(scores);
  return autoencoder.compare(source, { trainingSamples, maxImages: maxCompared, evaluations, signal, onStage });
}

type ScoresByMasks = { readonly own: Evaluation } & Partial<Record<MaskMode, Evaluation>>;

/** Scores with all available masks, except those that the caller has already scored. */
async function scoreMasks(
  autoencoder: Autoencoder,
  source: SampleSource,
  { samples, evaluations, signal, onStage }: CollectReportOptions,
): Promise<ScoresByMasks> {
  const known = new KnownScores(samples, evaluations);
  const score = (masks: MaskMode): Evaluation | Promise<Evaluation> => {
    const found = known.find({ masks, codeBits: 32 }, source.length, 255 * autoencoder.pixels.scale);
    if (found) return found;
    onStage?.(`autoencoder: ${masks} masks`);
    return autoencoder.evaluate(source, { masks, signal });
  };
  const own = await score('own');
  if (autoencoder.sizes.maskBytes === 0) return { own };
  const fixed = await score('fixed');
  return source.length === 1 ? { own, fixed } : { own, fixed, other: await score('other') };
}

function mapScores(scores: ScoresByMasks): ReportData['scores'] {
  const entries = Object.values(scores).map(
    ({ masks, codeBits, similarity, images, ...summary }): [string, MaskScores] => {
      return [masks, { summary, psnrsDb: images.map(({ psnrDb }) => psnrDb), ssims: images.map(({ ssim }) => ssim) }];
    },
  );
  return Object.fromEntries(entries);
}

function describeModel({ model, inputShape, sizes }: Autoencoder): ReportModel {
  const layers = model.layers.map((layer) => {
    // For a pool, the shape of its values; its indices have the same shape.
    const shape = Array.isArray(layer.outputShape[0]) ? layer.outputShape[0] : (layer.outputShape as Shape);
    return { name: layer.name, outputShape: shape.slice(1).join(' × '), parameters: layer.countParams() };
  });
  return { inputShape, parameters: model.countParams(), sizes, layers };
}

/** Returns the scores by label, with each class's folder if the keys of all its images name it. */
function collectClasses(own: Scores, { pixels }: Autoencoder): ReportClass[] {
  if (own.images.every(({ label }) => label === undefined)) return [];
  return scoresByClass(own, pixels).map(({ label, ...summary }) => {
    const folders = own.images.filter((image) => image.label === label).map(({ key }) => folderOf(key));
    const [name] = folders;
    return { label, name: folders.every((folder) => folder === name) ? name : undefined, summary };
  });
}

/** `00000042_cat/1.png`, as convert_imageset names a record -> `cat`. */
function folderOf(key: string | undefined): string | undefined {
  return /^(?:\d{8}_)?(.+)\/[^/]*$/.exec(key ?? '')?.[1];
}

interface ExampleSource {
  readonly autoencoder: Autoencoder;
  readonly source: SampleSource;
  /** Scores with the images' own masks. */
  readonly images: readonly ImageScores[];
}

/** Reconstructs some images; `whole` with all masks and the error, otherwise only with their own masks. */
async function collectExamples(
  { autoencoder, source, images }: ExampleSource,
  indices: readonly number[],
  whole: boolean,
): Promise<ReportExample[]> {
  const { inputShape, takesAnySize: anySize } = autoencoder;
  const samples = await fetchSamples(source, indices, inputShape, { anySize });
  const outputs = await autoencoder.reconstruct(samples);
  const { fixed, other } = whole ? await reconstructOtherwise(autoencoder, source, indices, samples) : {};
  const withScore = (output: Sample, sample: Sample) => ({
    picture: toPicture(output),
    psnrDb: bytePsnrDb(sample, output),
  });
  return samples.map((sample, i) => ({
    name: images[indices[i]].key ?? `image ${indices[i]}`,
    psnrDb: images[indices[i]].psnrDb,
    input: toPicture(sample),
    output: toPicture(outputs[i]),
    error: whole ? errorPicture(sample, outputs[i]) : undefined,
    fixed: fixed && withScore(fixed[i], sample),
    other: other && withScore(other[i], sample),
  }));
}

async function reconstructOtherwise(
  autoencoder: Autoencoder,
  source: SampleSource,
  indices: readonly number[],
  samples: readonly Sample[],
): Promise<{ fixed?: Sample[]; other?: Sample[] }> {
  if (autoencoder.sizes.maskBytes === 0) return {};
  const fixed = await autoencoder.reconstruct(samples, { masks: 'fixed' });
  if (source.length === 1) return { fixed };
  const shift = Math.floor(source.length / 2);
  const partners = await fetchSamples(
    source,
    indices.map((index) => (index + shift) % source.length),
    autoencoder.inputShape,
  );
  // Half the array away is the same partner as half the source away in `evaluate`.
  const other = await autoencoder.reconstruct([...samples, ...partners], { masks: 'other' });
  return { fixed, other: other.slice(0, samples.length) };
}

function bytePsnrDb({ data }: Sample, output: Sample): number {
  return psnrDb(imageError(data, output.data, { peak: 255 }).mse, 255);
}

function slimComparison({ groups, ...comparison }: Comparison): ReportComparison {
  const withoutImages = (scores: Scores | undefined): ScoreSummary | undefined => {
    if (!scores) return undefined;
    const { images, ...summary } = scores;
    return summary;
  };
  const { count, curves, pcaFittedOn, pcaFittedOf, pcaMirrored, missing } = comparison;
  return {
    ...{ count, curves, pcaFittedOn, pcaFittedOf, pcaMirrored, missing },
    groups: groups.map(({ rows, ...group }) => ({
      ...group,
      rows: rows.map(({ scores, ...row }) => ({ ...row, summary: withoutImages(scores) })),
    })),
  };
}
