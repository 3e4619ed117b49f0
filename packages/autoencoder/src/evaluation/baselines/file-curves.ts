import type { Sample, SampleSource } from '../../data/samples';
import { AutoencoderError } from '../../errors/errors';
import type { Network } from '../../network/network';
import { sampleBatches } from '../../network/network-batches';
import { psnrDb } from '../metrics/psnr';
import type { JpegCoder } from './jpeg';
import type { RatePoint } from './rivals';
import { throughWebp } from './webp';

/** One setting of an image format. */
type Setting = (sample: Sample) => Promise<{ readonly sample: Sample; readonly bytes: number }>;

/** Only a few, because each means one file to write and read per image; a curve through them shows just as much. */
const qualities = [1, 10, 25, 50, 75, 90, 95, 100];
/** The PSNR that a perfect image counts with. */
const mostDb = 100;

/** Scores JPEG at all qualities, with colors at full and half resolution. */
export function jpegSettings(coder: JpegCoder, channels: number): Setting[] {
  const chromas = channels === 3 ? (['4:2:0', '4:4:4'] as const) : (['4:4:4'] as const);
  return chromas.flatMap((chroma) =>
    qualities.map((quality) => (sample: Sample) => coder.run(sample, quality, chroma)),
  );
}

/** Scores WebP at all qualities. */
export function webpSettings(): Setting[] {
  return qualities.map((quality) => (sample) => throughWebp(sample, quality));
}

/** The mean PSNR of the images by their mean size in bytes, for the settings that no other one beats. */
export async function fileCurve(
  settings: readonly Setting[],
  source: SampleSource,
  { inputShape }: Network,
  signal: AbortSignal | undefined,
): Promise<RatePoint[]> {
  const sums = settings.map(() => ({ bytes: 0, psnrDb: 0 }));
  for await (const samples of sampleBatches(source, 16, inputShape)) {
    if (signal?.aborted) throw new AutoencoderError('ABORTED', 'compare: aborted.', { cause: signal.reason });
    for (const [i, setting] of settings.entries()) {
      const results = await Promise.all(samples.map(setting));
      for (const [n, { sample, bytes }] of results.entries()) {
        sums[i].bytes += bytes / source.length;
        sums[i].psnrDb += Math.min(mostDb, bytePsnrDb(samples[n].data, sample.data)) / source.length;
      }
    }
  }
  return upperHull(sums);
}

/**
 * Returns the points that are beaten neither by another one nor by a mixture of two: some images with one setting and some with the other.
 */
function upperHull(points: readonly RatePoint[]): RatePoint[] {
  const best: RatePoint[] = [];
  for (const point of [...points].sort((a, b) => a.bytes - b.bytes)) {
    if (point.psnrDb <= (best.at(-1)?.psnrDb ?? 0)) continue;
    while (best.length > 1 && isBelow(best[best.length - 1], best[best.length - 2], point)) best.pop();
    best.push(point);
  }
  return best;
}

function isBelow({ bytes, psnrDb }: RatePoint, before: RatePoint, after: RatePoint): boolean {
  const slope = (after.psnrDb - before.psnrDb) / (after.bytes - before.bytes);
  return psnrDb <= before.psnrDb + slope * (bytes - before.bytes);
}

function bytePsnrDb(expected: ArrayLike<number>, actual: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < expected.length; i++) squares += (expected[i] - actual[i]) ** 2;
  return psnrDb(squares / expected.length, 255);
}
