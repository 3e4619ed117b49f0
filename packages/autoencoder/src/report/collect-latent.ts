import type { Autoencoder } from '../autoencoder/autoencoder';
import { nearestNeighbors } from '../codes/neighbors';
import { projectCodes } from '../codes/project';
import type { Sample, SampleSource } from '../data/samples';
import { spread } from '../evaluation/known-scores';
import { VariationalCode } from '../network/variational-code';
import { pickRandom } from './pick';
import { toPicture, toSpriteSheet } from './pictures';
import type { ReportLatent } from './report-data';

/** Number of codes compared with each other. */
const maxCodes = 1000;
/** Number of thumbnails on the map: more would overlap. */
const maxPoints = 200;
/** Side of a thumbnail in pixels. */
const thumbnailSize = 32;
const queryCount = 6;
const neighborCount = 5;
const interpolationSteps = 7;
const drawnCount = 8;

/** Encodes images and collects a map of their codes, nearest neighbors and interpolations; undefined for a single image. */
export async function collectLatent(
  autoencoder: Autoencoder,
  samples: SampleSource,
  { trainingSamples, signal }: { trainingSamples?: SampleSource; signal?: AbortSignal } = {},
): Promise<ReportLatent | undefined> {
  const source = spread(samples, maxCodes);
  if (source.length < 2) return undefined;
  const codes = await autoencoder.encodeAll(source, { signal });
  const named = async (index: number) => ({
    name: codes.keys[index],
    picture: toPicture(await sampleAt(source, index)),
  });

  const { values, varianceShares } = projectCodes(codes);
  const shown = pickRandom(codes.count, maxPoints);
  const thumbnails = await Promise.all(shown.map((index) => sampleAt(source, index)));
  const points = shown.map((index) => ({ x: values[2 * index], y: values[2 * index + 1], name: codes.keys[index] }));

  const queries = pickRandom(codes.count, queryCount);
  const neighbors = await Promise.all(
    queries.map(async (query) => {
      const found = nearestNeighbors(codes, query, { count: neighborCount });
      return {
        ...(await named(query)),
        found: await Promise.all(found.map(async ({ index, distance }) => ({ ...(await named(index)), distance }))),
      };
    }),
  );
  return {
    searched: codes.count,
    map: { sprites: toSpriteSheet(thumbnails, thumbnailSize), points, varianceShares },
    neighbors,
    drawn: await collectDrawn(autoencoder, source, { named, codesOf: trainingSamples, signal }),
    interpolations: await collectInterpolations(autoencoder, source, named),
  };
}

interface DrawnFrom {
  readonly named: (index: number) => Promise<Interpolation['first']>;
  /** The images whose codes the new ones should resemble. */
  readonly codesOf?: SampleSource;
  readonly signal?: AbortSignal;
}

/** Decodes random codes if the network is variational: with fixed masks, and with those of the first image. */
async function collectDrawn(
  autoencoder: Autoencoder,
  source: SampleSource,
  { named, codesOf, signal }: DrawnFrom,
): Promise<ReportLatent['drawn']> {
  if (!autoencoder.model.layers.some((layer) => layer instanceof VariationalCode)) return undefined;
  const options = { count: drawnCount, signal, codesOf: codesOf && codesOf.length > 1 ? codesOf : undefined };
  const likeCodes = options.codesOf !== undefined;
  const fixed = { likeCodes, pictures: (await autoencoder.sample(options)).map(toPicture) };
  if (autoencoder.sizes.maskBytes === 0) return [fixed];
  const masked = await autoencoder.sample({ ...options, masks: await sampleAt(source, 0) });
  return [fixed, { likeCodes, masksOf: await named(0), pictures: masked.map(toPicture) }];
}

type Interpolation = ReportLatent['interpolations'][number];

/** Interpolates from one image to another half the source away, twice. */
async function collectInterpolations(
  autoencoder: Autoencoder,
  source: SampleSource,
  named: (index: number) => Promise<Interpolation['first']>,
): Promise<Interpolation[]> {
  const half = Math.floor(source.length / 2);
  const pairs = [
    [0, half],
    [Math.floor(half / 2), half + Math.floor(half / 2)],
  ].filter(([a, b], i, every) => a !== b && (i === 0 || a !== every[0][0]));
  // Without masks there is only one way to decode.
  const modes = autoencoder.sizes.maskBytes > 0 ? (['first', 'second', 'fixed'] as const) : (['fixed'] as const);
  return Promise.all(
    pairs.map(async ([a, b]) => {
      const [first, second] = [await sampleAt(source, a), await sampleAt(source, b)];
      const rows: Interpolation['rows'][number][] = [];
      for (const masks of modes) {
        const images = await autoencoder.interpolate(first, second, { masks, steps: interpolationSteps });
        rows.push({ masks, pictures: images.map(toPicture) });
      }
      return { first: await named(a), second: await named(b), rows };
    }),
  );
}

/** Its code has been computed, so it exists. */
async function sampleAt(source: SampleSource, index: number): Promise<Sample> {
  return (await source.at(index)) as Sample;
}
